import { keepPreviousData } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import { useMe } from '@/api/me';
import type { Tenant } from '@/api/schema';
import { may } from '@/api/session';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { NotAllowed } from '@/ui/NotAllowed';
import { Page } from '@/ui/Page';
import { Pages } from '@/ui/Pages';
import { ErrorState, Skeleton } from '@/ui/States';
import { DisableTenant, RemoveTenant } from './Ends';
import { TenantDialog } from './TenantDialog';
import { type TenantAct, TenantsTable } from './TenantsTable';

const PAGE = 25;

/** Groups of users and servers that see nothing of each other. */
export function TenantsPage() {
  const me = useMe();
  if (may(me, 'users:manage')) return <Tenants own={me.tenantId} />;
  return (
    <Page title="Tenants">
      <NotAllowed who="administrators" />
    </Page>
  );
}

function Tenants({ own }: { own: string }) {
  const { page = 1 } = useSearch({ from: '/tenants' });
  const navigate = useNavigate({ from: '/tenants' });
  const [isCreating, setCreating] = useState(false);
  const [act, setAct] = useState<{ what: TenantAct; tenant: Tenant }>();
  const params = { query: { page, limit: PAGE } };
  const { data, error, refetch } = kept(
    api.useQuery('get', '/api/tenants', { params }, { placeholderData: keepPreviousData }),
  );
  const done = () => setAct(undefined);
  const isOwn = act?.tenant.id === own;
  return (
    <Page
      title="Tenants"
      actions={
        <Button kind="primary" onPress={() => setCreating(true)}>
          <Icon name="plus" className="size-4" />
          Add tenant
        </Button>
      }
    >
      <p className="max-w-prose text-quiet">
        Users see the servers of their own tenant, and those that are public or global. Each tenant has an audit log and
        limits of its own.
      </p>
      {error ? (
        <ErrorState error={error} onRetry={refetch} />
      ) : !data ? (
        <Skeleton lines={4} />
      ) : (
        <>
          <TenantsTable tenants={data.tenants} own={own} onAct={(what, tenant) => setAct({ what, tenant })} />
          <Pages
            pagination={data.pagination}
            noun="tenants"
            onPage={(next) => void navigate({ search: { page: next } })}
          />
        </>
      )}
      {isCreating && <TenantDialog onClose={() => setCreating(false)} />}
      {act?.what === 'edit' && <TenantDialog tenant={act.tenant} onClose={done} />}
      {act?.what === 'disable' && <DisableTenant tenant={act.tenant} isOwn={isOwn} onClose={done} />}
      {act?.what === 'remove' && <RemoveTenant tenant={act.tenant} onClose={done} />}
    </Page>
  );
}
