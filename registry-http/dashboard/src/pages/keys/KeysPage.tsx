import { keepPreviousData } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '@/api/client';
import { useMe } from '@/api/me';
import type { CreatedApiKey } from '@/api/schema';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { Page } from '@/ui/Page';
import { useKeyActions } from './actions';
import { KeyDialogs } from './KeyDialogs';
import { KeyDrawer } from './KeyDrawer';
import { KeyFilters } from './KeyFilters';
import { KeyList } from './KeyList';
import { KeySecret } from './KeySecret';
import { MakeKey } from './MakeKey';
import { mayMake } from './rights';
import type { KeySearch } from './search';

/** All keys that one may see, and what can be done with them. */
export function KeysPage() {
  const me = useMe();
  const search = useSearch({ from: '/keys' });
  const navigate = useNavigate({ from: '/keys' });
  const [made, setMade] = useState<CreatedApiKey>();
  const change = (next: Partial<KeySearch>) => void navigate({ search: (before) => ({ ...before, ...next }) });
  const { doing, done, changes, actions } = useKeyActions(me, (key) => change({ key }));
  const list = useKeys(search);
  return (
    <Page title="API keys" actions={mayMake(me) && <Generate onPress={() => change({ make: true })} />}>
      <KeyFilters me={me} search={search} onChange={(next) => change({ ...next, page: undefined })} />
      <KeyList
        list={list}
        actions={actions}
        isFiltered={search.server !== undefined || search.owner !== undefined}
        onPage={(page) => change({ page })}
        make={mayMake(me) && <Generate onPress={() => change({ make: true })} />}
      />
      {search.key && (
        <KeyDrawer
          id={search.key}
          changes={changes}
          days={search.days ?? 1}
          onDays={(days) => change({ days })}
          onClose={() => change({ key: undefined, days: undefined })}
        />
      )}
      {search.make && mayMake(me) && (
        <MakeKey
          serverId={search.server}
          ownerId={search.owner}
          onClose={() => change({ make: undefined })}
          onMade={(key) => {
            change({ make: undefined });
            setMade(key);
          }}
        />
      )}
      <KeyDialogs doing={doing} onClose={done} onSecret={setMade} />
      {made && <KeySecret made={made} onSaved={() => setMade(undefined)} />}
    </Page>
  );
}

function Generate({ onPress }: { onPress: () => void }) {
  return (
    <Button kind="primary" onPress={onPress}>
      <Icon name="plus" className="size-4" />
      Generate key
    </Button>
  );
}

function useKeys({ page, server, owner }: KeySearch) {
  const query = { page: page ?? 1, ...(server && { serverId: server }), ...(owner && { ownerUserId: owner }) };
  return api.useQuery('get', '/api/api-keys', { params: { query } }, { placeholderData: keepPreviousData });
}
