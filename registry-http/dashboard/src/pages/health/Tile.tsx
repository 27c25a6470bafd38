import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { client } from '@/api/client';
import { sentence } from '@/api/error';
import { useMe } from '@/api/me';
import type { Server } from '@/api/schema';
import { CheckButton } from '@/pages/servers/CheckButton';
import { mayCheck } from '@/pages/servers/rights';
import { beatsOfChecks, summaryOf } from '@/ui/beats';
import { classes } from '@/ui/class';
import { milliseconds } from '@/ui/format';
import { Heartbeat } from '@/ui/Heartbeat';
import { Skeleton } from '@/ui/States';
import { Health } from '@/ui/Status';
import { Time } from '@/ui/Time';

const BEATS = 30;

/** How a server is, and was in its last checks. */
export function Tile({ server }: { server: Server }) {
  const me = useMe();
  const { data: checks } = useChecks(server);
  const isDown = server.healthStatus === 'unhealthy';
  return (
    <li className={classes('card flex min-w-0 flex-col gap-3 p-4', isDown && 'border-danger')}>
      <div className="flex items-start justify-between gap-2">
        <h2 className="min-w-0 font-semibold">
          <Link
            to="/servers/$serverId"
            params={{ serverId: server.id }}
            search={{ tab: 'health' }}
            title={server.name}
            className="line-clamp-2 underline-offset-2 hover:text-accent hover:underline"
          >
            {server.name}
          </Link>
        </h2>
        <Health status={server.healthStatus} />
      </div>
      {checks ? (
        <Heartbeat
          label={`Health of ${server.name}`}
          beats={beatsOfChecks(checks)}
          most={BEATS}
          summary={summaryOf(beatsOfChecks(checks), 'check')}
        />
      ) : (
        <Skeleton lines={1} className="h-8" />
      )}
      {isDown && server.lastErrorMessage && <p className="text-sm text-danger">{sentence(server.lastErrorMessage)}</p>}
      <div className="mt-auto flex items-center justify-between gap-2 text-sm">
        <p className="text-quiet">
          {milliseconds(checks?.[0]?.responseTime)} <span aria-hidden="true">·</span>{' '}
          <Time moment={server.lastHealthCheck} absent="not checked yet" />
        </p>
        {mayCheck(me, server) && <CheckButton server={server} isShort />}
      </div>
    </li>
  );
}

/**
 * The last checks, newest first. They are asked for again when the list says that there was one, and not with each event
 * of any server: there are many of those while many are checked.
 */
function useChecks({ id, lastHealthCheck }: Pick<Server, 'id' | 'lastHealthCheck'>) {
  const read = async () => {
    const params = { path: { id }, query: { limit: BEATS } };
    const { data } = await client.GET('/api/servers/{id}/health', { params });
    return data?.history ?? [];
  };
  return useQuery({
    queryKey: ['last checks', id, lastHealthCheck],
    queryFn: read,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
}
