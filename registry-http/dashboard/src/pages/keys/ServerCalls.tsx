import { Link } from '@tanstack/react-router';
import { api } from '@/api/client';
import type { UsagePoint } from '@/api/schema';
import { tickOf } from '@/pages/servers/tabs/Period';
import { count, timeRange } from '@/ui/format';
import { type ChartLine, TimeChart } from '@/ui/TimeChart';

const PARTS = 24;
const LINES: readonly ChartLine[] = [
  { id: 'calls', name: 'Calls', tone: 'accent', isArea: true },
  { id: 'failed', name: 'Failed', tone: 'danger', dash: 'dashed' },
];

/** How the one server of a key was called lately, with whatever key: calls over time are not counted by key. */
export function ServerCalls({ serverId }: { serverId: string }) {
  const query = { serverId: [serverId], resolution: 'hour' as const, slots: PARTS };
  const { data } = api.useQuery('get', '/api/analytics/usage', { params: { query } });
  const points = data?.series[0]?.points;
  if (!points) return null;
  return (
    <>
      <TimeChart
        title="Calls of its server in the last 24 hours, with all keys"
        lines={LINES}
        points={points.map(pointOf)}
        format={count}
      />
      <Link
        to="/servers/$serverId"
        params={{ serverId }}
        search={{ tab: 'usage' }}
        className="self-start text-sm text-accent underline-offset-2 hover:underline"
      >
        More of how the server is used
      </Link>
    </>
  );
}

function pointOf({ from, to, requests, errors }: UsagePoint) {
  return { id: from, when: timeRange(from, to), tick: tickOf(from, 1), values: { calls: requests, failed: errors } };
}
