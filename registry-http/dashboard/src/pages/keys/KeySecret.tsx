import { api } from '@/api/client';
import type { CreatedApiKey } from '@/api/schema';
import { ClientSettings } from '@/pages/servers/ClientSettings';
import { SecretOnce } from '@/ui/SecretOnce';
import { Time } from '@/ui/Time';

/** Shows a new key, this once, with what is pasted into clients of its server. */
export function KeySecret({ made, onSaved }: { made: CreatedApiKey; onSaved: () => void }) {
  const { data: server } = api.useQuery(
    'get',
    '/api/servers/{id}',
    { params: { path: { id: made.serverId ?? '' } } },
    { enabled: made.serverId !== undefined },
  );
  return (
    <SecretOnce title={`The key ${made.name}`} label="API key" secret={made.key} onSaved={onSaved}>
      <p className="text-sm text-quiet">
        Who has the key can do what it may: do not send it by chat or mail, and do not put it into a repository. Other
        programs can read what is copied.
      </p>
      {made.previousKeyValidUntil && (
        <p className="text-sm">
          The old secret stops <Time moment={made.previousKeyValidUntil} />.
        </p>
      )}
      {server && <ClientSettings server={server} />}
    </SecretOnce>
  );
}
