import { api } from '@/api/client';
import { kept } from '@/api/kept';
import type { UsagePoint } from '@/api/schema';
import { count } from '@/ui/format';
import { ErrorState, Skeleton } from '@/ui/States';
import { type ChartLine, type ChartPoint, TimeChart } from '@/ui/TimeChart';

const REFRESH_MS = 60_000;
const HOURS = 24;
const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const PARAMS = { params: { query: { resolution: 'hour', slots: HOURS } } } as const;
const LINES: readonly ChartLine[] = [
  { id: 'calls', name: 'Calls', tone: 'accent', isArea: true },
  { id: 'failed', name: 'Failed', tone: 'danger', dash: 'dashed' },
];

/** The calls of the last day, hour by hour. */
export function CallsChart() {
  const { data, error, refetch } = kept(
    api.useQuery('get', '/api/analytics/usage', PARAMS, { refetchInterval: REFRESH_MS }),
  );
  if (error) return <ErrorState error={error} onRetry={refetch} />;
  if (!data) return <Skeleton lines={1} className="h-56" />;
  const points = data.series[0]?.points ?? [];
  return (
    <div className="card p-4 sm:p-5">
      <TimeChart title="Calls in the last 24 hours" lines={LINES} points={points.map(pointOf)} format={count} />
    </div>
  );
}

function pointOf({ from, to, requests, errors }: UsagePoint): ChartPoint {
  const [begin, end] = [TIME.format(new Date(from)), TIME.format(new Date(to))];
  return { id: from, when: `${begin} to ${end}`, tick: begin, values: { calls: requests, failed: errors } };
}
