import { Link } from '@tanstack/react-router';
import { api } from '@/api/client';
import { usePreferences } from '@/api/preferences';
import { Health, ServerState } from '@/ui/Status';
import { Panel, PANEL_LINK, PanelRow, Rows } from './Panel';

const SHOWN = 5;

/** The first servers in one's own order. Nothing, as long as one put none anywhere. */
export function OwnTop() {
  const { data } = usePreferences();
  const placed = (data?.preferences ?? []).filter(({ displayOrder, isEnabled }) => displayOrder < 0 && isEnabled);
  if (placed.length === 0) return null;
  const all = (
    <Link to="/settings" search={{ tab: 'servers' }} className={`text-sm ${PANEL_LINK}`}>
      Change the order
    </Link>
  );
  return (
    <Panel title="My servers" all={all}>
      <Rows>
        {placed.slice(0, SHOWN).map(({ serverId }) => (
          <OwnServer key={serverId} id={serverId} />
        ))}
      </Rows>
    </Panel>
  );
}

function OwnServer({ id }: { id: string }) {
  const { data: server } = api.useQuery('get', '/api/servers/{id}', { params: { path: { id } } });
  if (!server) return null;
  return (
    <PanelRow side={<Health status={server.healthStatus} />}>
      <Link to="/servers/$serverId" params={{ serverId: id }} className={`font-medium ${PANEL_LINK}`}>
        {server.name}
      </Link>
      {server.status !== 'active' && <ServerState status={server.status} />}
    </PanelRow>
  );
}
