import { useMe } from '@/api/me';
import type { Server } from '@/api/schema';
import { Button, ButtonLink } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { setStatus } from '../actions';
import { CheckButton } from '../CheckButton';
import { mayChange, mayCheck } from '../rights';
import { ServerMenu } from '../ServerMenu';

/** What is done most often with a server. */
export function CardActions({ server }: { server: Server }) {
  const me = useMe();
  return (
    <div className="mt-auto flex items-center gap-1 border-t border-line pt-2">
      {mayChange(me, server) && <StartStop server={server} />}
      <div className="ml-auto flex items-center">
        {mayCheck(me, server) && <CheckButton server={server} isShort />}
        {mayChange(me, server) && (
          <ButtonLink
            kind="quiet"
            size="small"
            to="/servers/$serverId"
            params={{ serverId: server.id }}
            search={{ tab: 'settings' }}
            aria-label={`Settings of ${server.name}`}
          >
            <Icon name="settings" className="size-4" />
          </ButtonLink>
        )}
        <ServerMenu server={server} />
      </div>
    </div>
  );
}

/** Lets calls through to the server, or none. */
export function StartStop({ server }: { server: Server }) {
  const isOn = server.status === 'active' || server.status === 'error';
  return (
    <Button
      size="small"
      aria-label={`${isOn ? 'Stop' : 'Start'} ${server.name}`}
      onPress={() => setStatus(server, isOn ? 'inactive' : 'active')}
    >
      <Icon name={isOn ? 'pause' : 'play'} className="size-4" />
      {isOn ? 'Stop' : 'Start'}
    </Button>
  );
}
