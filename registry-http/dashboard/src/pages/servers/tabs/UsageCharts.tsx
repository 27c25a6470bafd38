import type { UsagePoint } from '@/api/schema';
import { count, milliseconds, timeRange } from '@/ui/format';
import { TimeChart } from '@/ui/TimeChart';
import { type Days, tickOf } from './Period';

const CALLS = [
  { id: 'requests', name: 'Calls', tone: 'accent' as const, isArea: true },
  { id: 'errors', name: 'Failed', tone: 'danger' as const, dash: 'dashed' as const },
];
const TIMES = [
  { id: 'p50', name: 'Half within', tone: 'accent' as const },
  { id: 'p95', name: '95 of 100 within', tone: 'warning' as const, dash: 'dashed' as const },
];

/** Calls and how long they took, over a period. */
export function UsageCharts({ points, days }: { points: readonly UsagePoint[]; days: Days }) {
  const calls = points.map((point) => ({
    ...placed(point, days),
    values: { requests: point.requests, errors: point.errors },
  }));
  const times = points.map((point) => ({
    ...placed(point, days),
    values: { p50: point.responseTimes?.p50, p95: point.responseTimes?.p95 },
  }));
  return (
    <div className="grid gap-5 lg:grid-cols-2">
      <div className="card min-w-0 p-4">
        <TimeChart title="Calls" lines={CALLS} points={calls} format={count} />
      </div>
      <div className="card min-w-0 p-4">
        <TimeChart title="Response times" lines={TIMES} points={times} format={milliseconds} />
      </div>
    </div>
  );
}

function placed({ from, to }: UsagePoint, days: Days) {
  return { id: from, when: timeRange(from, to), tick: tickOf(from, days) };
}
