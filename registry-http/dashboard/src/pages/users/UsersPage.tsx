import { keepPreviousData } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import { defined } from '@/api/defined';
import { useMe } from '@/api/me';
import type { Me } from '@/api/schema';
import { may } from '@/api/session';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { NotAllowed } from '@/ui/NotAllowed';
import { Page } from '@/ui/Page';
import { Pages } from '@/ui/Pages';
import { EmptyState, ErrorState, Skeleton } from '@/ui/States';
import { CreateUser } from './CreateUser';
import type { UserSearch } from './search';
import { UserDrawer } from './UserDrawer';
import { UserFilters } from './UserFilters';
import { UsersTable } from './UsersTable';

const PAGE = 25;

/** Who may do something here. */
export function UsersPage() {
  const me = useMe();
  if (me.role !== 'user') return <Users me={me} />;
  return (
    <Page title="Users">
      <NotAllowed who="administrators and server owners" />
    </Page>
  );
}

function Users({ me }: { me: Me }) {
  const { user, ...search } = useSearch({ from: '/users' });
  const navigate = useNavigate({ from: '/users' });
  const [isCreating, setCreating] = useState(false);
  const query = { ...defined(search), limit: PAGE };
  const { data, error, refetch } = kept(
    api.useQuery('get', '/api/users', { params: { query } }, { placeholderData: keepPreviousData }),
  );
  const narrow = useCallback(
    (part: Partial<UserSearch>) => void navigate({ search: (now) => ({ ...now, ...part, page: undefined }) }),
    [navigate],
  );
  const show = useCallback(
    (id: string | undefined) => void navigate({ search: (now) => ({ ...now, user: id }), resetScroll: false }),
    [navigate],
  );
  const create = may(me, 'users:manage') && (
    <Button kind="primary" onPress={() => setCreating(true)}>
      <Icon name="plus" className="size-4" />
      Add user
    </Button>
  );
  return (
    <Page title="Users" actions={create}>
      <UserFilters search={search} onChange={narrow} />
      {error ? (
        <ErrorState error={error} onRetry={refetch} />
      ) : !data ? (
        <Skeleton lines={6} />
      ) : data.users.length === 0 ? (
        <EmptyState icon="users" title="No user fits">
          Look for a part of the user name, the display name or the e-mail address, or clear the filters.
        </EmptyState>
      ) : (
        <>
          <UsersTable users={data.users} me={me} onOpen={show} />
          <Pages
            pagination={data.pagination}
            noun="users"
            onPage={(page) => void navigate({ search: (now) => ({ ...now, page }) })}
          />
        </>
      )}
      {isCreating && <CreateUser me={me} onClose={() => setCreating(false)} onCreated={show} />}
      {user && <UserDrawer id={user} me={me} onClose={() => show(undefined)} />}
    </Page>
  );
}
