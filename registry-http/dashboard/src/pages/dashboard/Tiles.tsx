import { Link } from '@tanstack/react-router';
import type { AlertCounts, ExpiringKeys, RecentUsage, ServerCounts, Severity } from '@/api/schema';
import { count, milliseconds, percent } from '@/ui/format';
import { AlertSeverity, Health } from '@/ui/Status';
import { Time } from '@/ui/Time';
import { compared } from './compare';
import { Tile } from './Tile';

const HEALTH = ['unhealthy', 'degraded', 'unknown', 'healthy'] as const;
const STATUS = { inactive: 'stopped', maintenance: 'in maintenance', error: 'taken out after errors' } as const;
const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low'];
const LINK = 'rounded-lg underline-offset-2 hover:underline';

/** How many servers there are, and how they are. */
export function ServersTile({ servers }: { servers: ServerCounts }) {
  const off = (Object.keys(STATUS) as (keyof typeof STATUS)[]).filter((status) => servers.byStatus[status] > 0);
  return (
    <Tile icon="server" name="Servers" figure={count(servers.total)}>
      <ul className="flex flex-wrap gap-x-3 gap-y-1.5">
        {HEALTH.filter((status) => servers.byHealth[status] > 0).map((status) => (
          <li key={status}>
            <Link to="/servers" search={{ health: status }} className={`inline-flex items-center gap-1.5 ${LINK}`}>
              <span className="font-semibold text-text tabular-nums">{count(servers.byHealth[status])}</span>{' '}
              <Health status={status} />
            </Link>
          </li>
        ))}
      </ul>
      {off.length > 0 && (
        <p className="flex flex-wrap gap-x-3">
          {off.map((status) => (
            <Link key={status} to="/servers" search={{ status }} className={LINK}>
              {count(servers.byStatus[status])} {STATUS[status]}
            </Link>
          ))}
        </p>
      )}
    </Tile>
  );
}

/** How much was called, and how it went. */
export function CallsTile({ usage: { last24Hours, previous24Hours } }: { usage: RecentUsage }) {
  const { requests, errors, errorRate, responseTimes } = last24Hours;
  return (
    <Tile icon="health" name="Calls in 24 hours" figure={count(requests)}>
      <p>{compared(requests, previous24Hours.requests)}</p>
      <p>
        {requests === 0 ? (
          'No call failed, for there was none'
        ) : (
          <>
            <span className={errors > 0 ? 'font-semibold text-danger' : undefined}>
              {percent((errorRate ?? 0) / 100)} failed
            </span>
            {responseTimes && `, 95 of 100 within ${milliseconds(responseTimes.p95)}`}
          </>
        )}
      </p>
    </Tile>
  );
}

/** What has to be looked at. */
export function AlertsTile({ alerts: { open, openBySeverity, acknowledged } }: { alerts: AlertCounts }) {
  return (
    <Tile icon="alert" name="Open alerts" figure={count(open)}>
      {open > 0 && (
        <ul className="flex flex-wrap gap-x-3 gap-y-1.5">
          {SEVERITIES.filter((severity) => openBySeverity[severity] > 0).map((severity) => (
            <li key={severity}>
              <Link to="/alerts" search={{ severity }} className={`inline-flex items-center gap-1.5 ${LINK}`}>
                <span className="font-semibold text-text tabular-nums">{count(openBySeverity[severity])}</span>{' '}
                <AlertSeverity severity={severity} />
              </Link>
            </li>
          ))}
        </ul>
      )}
      <p>
        {open === 0 && 'Nothing has to be looked at. '}
        {acknowledged > 0 && (
          <Link to="/alerts" search={{ status: 'acknowledged' }} className={LINK}>
            {count(acknowledged)} acknowledged
          </Link>
        )}
      </p>
    </Tile>
  );
}

/** Which keys stop working soon. */
export function KeysTile({ keys: { total, keys } }: { keys: ExpiringKeys }) {
  const [first] = keys;
  return (
    <Tile icon="key" name="Keys that expire soon" figure={count(total)}>
      <p>
        {first ? (
          <>
            The first, {first.name}, <Time moment={first.expiresAt} />
          </>
        ) : (
          'No key expires soon'
        )}
      </p>
    </Tile>
  );
}
