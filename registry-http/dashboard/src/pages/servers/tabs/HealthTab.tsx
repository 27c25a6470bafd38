import { useNavigate, useSearch } from '@tanstack/react-router';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import type { Server, Uptime } from '@/api/schema';
import { percent } from '@/ui/format';
import { ErrorState, Skeleton } from '@/ui/States';
import { HealthHistory } from './HealthHistory';
import { HealthTrend } from './HealthTrend';
import { Period } from './Period';

/** How the server was, and is. */
export default function HealthTab({ server }: { server: Server }) {
  const { days = 1 } = useSearch({ from: '/servers/$serverId' });
  const navigate = useNavigate({ from: '/servers/$serverId' });
  const params = { path: { id: server.id }, query: { limit: 1 } };
  const { data, error, refetch } = kept(api.useQuery('get', '/api/servers/{id}/health', { params }));
  if (error) return <ErrorState error={error} onRetry={refetch} />;
  if (!data) return <Skeleton lines={3} className="h-24" />;
  return (
    <>
      <UptimeFigures uptime={data.uptime} />
      <HealthTrend
        server={server}
        days={days}
        period={<Period days={days} onChange={(next) => void navigate({ search: { tab: 'health', days: next } })} />}
      />
      <HealthHistory server={server} />
    </>
  );
}

const SPANS: readonly [keyof Uptime, string][] = [
  ['last24Hours', '24 hours'],
  ['last7Days', '7 days'],
  ['last30Days', '30 days'],
  ['last90Days', '90 days'],
];

function UptimeFigures({ uptime }: { uptime: Uptime }) {
  return (
    <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4" aria-label="Uptime">
      {SPANS.map(([span, words]) => (
        <div key={span} className="card p-4">
          <dt className="text-sm text-quiet">Up in {words}</dt>
          <dd className="text-xl font-semibold tabular-nums">{percent(part(uptime[span]))}</dd>
        </div>
      ))}
    </dl>
  );
}

const part = (value: number | undefined) => (value === undefined ? undefined : value / 100);
