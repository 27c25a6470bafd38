import { api } from '@/api/client';
import type { ApiKey } from '@/api/schema';
import { ClientSettings } from '@/pages/servers/ClientSettings';
import type { Days } from '@/pages/servers/tabs/Period';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import type { MenuAction } from '@/ui/Menu';
import { Section } from '@/ui/Page';
import { ErrorState, Skeleton } from '@/ui/States';
import { KeyFacts } from './KeyFacts';
import { KeyUsage } from './KeyUsage';

interface KeyDrawerProps {
  id: string;
  /** What can be done with it. */
  changes: (key: ApiKey) => MenuAction[];
  /** How far back its usage is shown. */
  days: Days;
  onDays: (days: Days) => void;
  onClose: () => void;
}

/** All that is known of a key. */
export function KeyDrawer({ id, changes, days, onDays, onClose }: KeyDrawerProps) {
  const { data: key, error, refetch } = api.useQuery('get', '/api/api-keys/{id}', { params: { path: { id } } });
  return (
    <Dialog title={key?.name ?? 'API key'} isOpen onClose={onClose} size="drawer">
      {error ? <ErrorState error={error} onRetry={refetch} /> : !key ? <Skeleton lines={4} /> : null}
      {key && (
        <>
          {key.description && <p className="text-quiet">{key.description}</p>}
          <div className="flex flex-wrap gap-2">
            {changes(key).map(({ id: what, name, onAction, isDanger }) => (
              <Button key={what} size="small" kind={isDanger ? 'danger' : 'plain'} onPress={onAction}>
                {name}
              </Button>
            ))}
          </div>
          <KeyFacts apiKey={key} />
          <KeyUsage id={key.id} days={days} onDays={onDays} />
          {key.serverId && <Settings serverId={key.serverId} />}
        </>
      )}
    </Dialog>
  );
}

/** Of the one server that the key is for. */
function Settings({ serverId }: { serverId: string }) {
  const { data: server } = api.useQuery('get', '/api/servers/{id}', { params: { path: { id: serverId } } });
  if (!server) return null;
  return (
    <Section title="Client settings">
      <ClientSettings server={server} />
    </Section>
  );
}
