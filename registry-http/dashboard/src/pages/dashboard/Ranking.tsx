import { Link } from '@tanstack/react-router';
import type { RankedServer } from '@/api/schema';
import { Bar } from '@/ui/Bar';
import { count, milliseconds, percent } from '@/ui/format';
import { Health } from '@/ui/Status';
import { Time } from '@/ui/Time';
import { Panel, PANEL_LINK, PanelRow, Rows } from './Panel';

type Measure = 'requests' | 'p95';

const WHOLE = 100;

interface RankingProps {
  title: string;
  servers: readonly RankedServer[];
  by: Measure;
  /** When the servers were compared: that is not done at every call. */
  comparedAt: string;
}

/** The servers that have the most of something, in the last 24 hours. */
export function Ranking({ title, servers, by, comparedAt }: RankingProps) {
  const most = Math.max(...servers.map((server) => valueOf(server, by)), 1);
  return (
    <Panel title={title}>
      {servers.length === 0 ? (
        <p className="text-quiet">
          When servers were compared (<Time moment={comparedAt} />
          ), none was called in the last 24 hours.
        </p>
      ) : (
        <Rows>
          {servers.map((server) => (
            <PanelRow
              key={server.serverId}
              side={<Figures server={server} by={by} />}
              below={<Bar value={valueOf(server, by)} max={most} />}
            >
              <Link
                to="/servers/$serverId"
                params={{ serverId: server.serverId }}
                className={`font-medium ${PANEL_LINK}`}
              >
                {server.name}
              </Link>
              <Health status={server.healthStatus} />
            </PanelRow>
          ))}
        </Rows>
      )}
    </Panel>
  );
}

function Figures({ server, by }: { server: RankedServer; by: Measure }) {
  const { requests, errors, errorRate = 0, responseTimes } = server;
  return (
    <span>
      {by === 'requests' ? `${count(requests)} calls` : `95 of 100 within ${milliseconds(responseTimes?.p95)}`}
      {errors > 0 && <span className="text-danger">, {percent(errorRate / WHOLE)} failed</span>}
    </span>
  );
}

function valueOf({ requests, responseTimes }: RankedServer, by: Measure): number {
  return by === 'requests' ? requests : (responseTimes?.p95 ?? 0);
}
