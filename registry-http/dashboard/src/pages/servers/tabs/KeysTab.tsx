import { keepPreviousData } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '@/api/client';
import { useMe } from '@/api/me';
import type { CreatedApiKey, Server } from '@/api/schema';
import { useKeyActions } from '@/pages/keys/actions';
import { KeyDialogs } from '@/pages/keys/KeyDialogs';
import { KeyList } from '@/pages/keys/KeyList';
import { KeySecret } from '@/pages/keys/KeySecret';
import { MakeKey } from '@/pages/keys/MakeKey';
import { mayMake } from '@/pages/keys/rights';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';

/** The keys that are for the server. */
export default function KeysTab({ server }: { server: Server }) {
  const me = useMe();
  const { page = 1 } = useSearch({ from: '/servers/$serverId' });
  const navigate = useNavigate({ from: '/servers/$serverId' });
  const [makes, setMakes] = useState(false);
  const [made, setMade] = useState<CreatedApiKey>();
  const open = (key: string) => void navigate({ to: '/keys', search: { server: server.id, key } });
  const { doing, done, actions } = useKeyActions(me, open);
  const query = { serverId: server.id, page };
  const list = api.useQuery('get', '/api/api-keys', { params: { query } }, { placeholderData: keepPreviousData });
  const generate = mayMake(me) && (
    <Button kind="primary" onPress={() => setMakes(true)}>
      <Icon name="plus" className="size-4" />
      Generate key
    </Button>
  );
  const hasKeys = (list.data?.apiKeys.length ?? 0) > 0;
  return (
    <>
      {hasKeys && generate && <div className="flex justify-end">{generate}</div>}
      <KeyList
        list={list}
        actions={actions}
        isFiltered={false}
        onPage={(next) => void navigate({ search: { tab: 'keys', page: next } })}
        make={generate}
      />
      {makes && (
        <MakeKey
          serverId={server.id}
          ownerId={undefined}
          onClose={() => setMakes(false)}
          onMade={(key) => {
            setMakes(false);
            setMade(key);
          }}
        />
      )}
      <KeyDialogs doing={doing} onClose={done} onSecret={setMade} />
      {made && <KeySecret made={made} onSaved={() => setMade(undefined)} />}
    </>
  );
}
