import type { UsagePoint } from '@/api/schema';
import { count, milliseconds, timeRange } from '@/ui/format';
import { TimeChart } from '@/ui/TimeChart';
import { type Days, tickOf } from './Period';

const TIMES = [
  { id: 'p50', name: 'Half within', tone: 'accent' as const },
  { id: 'p95', name: '95 of 100 within', tone: 'warning' as const, dash: 'dashed' as const },
];

interface ChartsProps {
  points: readonly UsagePoint[];
  days: Days;
}

/** Calls and how long they took, over a period. */
export function UsageCharts({ points, days }: ChartsProps) {
  return (
    <div className="grid gap-5 lg:grid-cols-2">
      <div className="card min-w-0 p-4">
        <CallsChart title="Calls" points={points} days={days} />
      </div>
      <div className="card min-w-0 p-4">
        <TimesChart points={points} days={days} />
      </div>
    </div>
  );
}

/** How many calls there were, and how many of them failed. */
export function CallsChart({ title, points, days }: { title: string } & ChartsProps) {
  const lines = [
    { id: 'requests', name: title, tone: 'accent' as const, isArea: true },
    { id: 'errors', name: 'Failed', tone: 'danger' as const, dash: 'dashed' as const },
  ];
  const calls = points.map((point) => ({
    ...placed(point, days),
    values: { requests: point.requests, errors: point.errors },
  }));
  return <TimeChart title={title} lines={lines} points={calls} format={count} />;
}

/** How long calls took. */
export function TimesChart({ points, days }: ChartsProps) {
  const times = points.map((point) => ({
    ...placed(point, days),
    values: { p50: point.responseTimes?.p50, p95: point.responseTimes?.p95 },
  }));
  return <TimeChart title="Response times" lines={TIMES} points={times} format={milliseconds} />;
}

function placed({ from, to }: UsagePoint, days: Days) {
  return { id: from, when: timeRange(from, to), tick: tickOf(from, days) };
}
