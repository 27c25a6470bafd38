import { keepPreviousData } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import { ApiError } from '@/api/error';
import type { Server, UsageSeries } from '@/api/schema';
import { EmptyState, ErrorState, Skeleton } from '@/ui/States';
import { type Days, Period, rangeOf } from './Period';
import { UsageCharts } from './UsageCharts';
import { UsageFigures } from './UsageFigures';

/** How the server was called. */
export default function UsageTab({ server }: { server: Server }) {
  const { days = 1 } = useSearch({ from: '/servers/$serverId' });
  const navigate = useNavigate({ from: '/servers/$serverId' });
  const { series, error, refetch } = useUsage(server.id, days);
  // Another tenant's users may call a public server, and are not told how others do.
  if (error instanceof ApiError && error.status === 403) {
    return (
      <EmptyState icon="health" title="This is for the server’s own tenant">
        You may call this server, but how it is used is told to its own tenant alone.
      </EmptyState>
    );
  }
  return (
    <>
      <div className="flex">
        <Period days={days} onChange={(next) => void navigate({ search: { tab: 'usage', days: next } })} />
      </div>
      {error ? (
        <ErrorState error={error} onRetry={refetch} />
      ) : series ? (
        <Shown series={series} days={days} />
      ) : (
        <Skeleton lines={3} className="h-40" />
      )}
    </>
  );
}

function Shown({ series, days }: { series: UsageSeries; days: Days }) {
  return (
    <>
      <UsageFigures total={series.total} />
      {series.total.requests === 0 ? (
        <EmptyState icon="health" title="Nobody called it in this time">
          Give a client the URL and a key: they are in the overview.
        </EmptyState>
      ) : (
        <UsageCharts points={series.points} days={days} />
      )}
    </>
  );
}

function useUsage(id: string, days: Days) {
  const query = { serverId: [id], ...rangeOf(days) };
  const { data, error, refetch } = kept(
    api.useQuery('get', '/api/analytics/usage', { params: { query } }, { placeholderData: keepPreviousData }),
  );
  return { series: data?.series[0], error, refetch };
}
