import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useCallback } from 'react';
import { useMe } from '@/api/me';
import { may } from '@/api/session';
import { patient } from '@/api/patient';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { Page } from '@/ui/Page';
import { BulkBar } from './list/BulkBar';
import { Filters } from './list/Filters';
import { Servers } from './list/Servers';
import { useSelection } from './list/selection';
import type { ServerListSearch } from './search';

const RegisterDialog = lazy(() => patient(() => import('./form/RegisterDialog')));

/** All servers that one sees. */
export function ServersPage() {
  const me = useMe();
  const search = useSearch({ from: '/servers' });
  const navigate = useNavigate({ from: '/servers' });
  const selection = useSelection();
  const change = useCallback(
    (changed: Partial<ServerListSearch>) =>
      void navigate({
        // What is shown is another list then: its first page.
        search: (before) => ({ ...before, page: undefined, ...changed }),
        // Each letter of a search is no step of the Back button.
        replace: 'search' in changed,
      }),
    [navigate],
  );
  const add = may(me, 'server:write') ? () => change({ add: true }) : undefined;
  return (
    <Page
      title="Servers"
      actions={
        add && (
          <Button kind="primary" onPress={add}>
            <Icon name="plus" className="size-4" />
            Add server
          </Button>
        )
      }
    >
      <Filters search={search} onChange={change} />
      <Servers search={search} onChange={change} onAdd={add} selection={selection} />
      <BulkBar selection={selection} />
      <Suspense fallback={null}>
        {search.add && add && <RegisterDialog onClose={() => change({ add: undefined })} />}
      </Suspense>
    </Page>
  );
}
