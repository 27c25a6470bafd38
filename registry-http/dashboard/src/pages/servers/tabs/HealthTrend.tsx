import { keepPreviousData } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import type { HealthPoint, Server, StatusChange } from '@/api/schema';
import { CheckFigures } from '@/pages/health/CheckFigures';
import { beatsOfTrend } from '@/ui/beats';
import { count, milliseconds, percent, timeRange } from '@/ui/format';
import { Heartbeat } from '@/ui/Heartbeat';
import { Section } from '@/ui/Page';
import { ErrorState, Skeleton } from '@/ui/States';
import { Health } from '@/ui/Status';
import { TimeChart } from '@/ui/TimeChart';
import { Time } from '@/ui/Time';
import { type Days, rangeOf, tickOf } from './Period';

const LINES = [
  { id: 'p50', name: 'Half within', tone: 'accent' as const },
  { id: 'p95', name: '95 of 100 within', tone: 'warning' as const, dash: 'dashed' as const },
  { id: 'p99', name: '99 of 100 within', tone: 'danger' as const, dash: 'dotted' as const },
];

/** How checks went over a period. */
export function HealthTrend({ server, days, period }: { server: Server; days: Days; period: ReactNode }) {
  const params = { path: { id: server.id }, query: rangeOf(days) };
  const { data, error, refetch } = kept(
    api.useQuery('get', '/api/servers/{id}/health', { params }, { placeholderData: keepPreviousData }),
  );
  if (error) return <ErrorState error={error} onRetry={refetch} />;
  if (!data?.trend) return <Skeleton lines={2} className="h-40" />;
  const { points, total, changes } = data.trend;
  const up = total.uptime === undefined ? '' : `, ${percent(total.uptime / 100)} up`;
  return (
    <>
      <Section title="Checks" actions={period}>
        <div className="card p-4">
          <Heartbeat
            label={`Health of ${server.name}`}
            beats={beatsOfTrend(points)}
            summary={`${count(total.checks)} checks, ${count(total.failures)} failed${up}`}
          />
        </div>
      </Section>
      <CheckFigures server={server} total={total} />
      <Section title="Response times of checks">
        <div className="card p-4">
          <TimeChart
            title="Response times"
            lines={LINES}
            points={points.map((point) => chartPoint(point, days))}
            format={milliseconds}
          />
        </div>
      </Section>
      <Changes changes={changes} />
    </>
  );
}

function chartPoint({ from, to, responseTimes }: HealthPoint, days: Days) {
  const values = { p50: responseTimes?.p50, p95: responseTimes?.p95, p99: responseTimes?.p99 };
  return { id: from, when: timeRange(from, to), tick: tickOf(from, days), values };
}

function Changes({ changes }: { changes: readonly StatusChange[] }) {
  if (changes.length === 0) return null;
  return (
    <Section title="Changes">
      <ol className="card divide-y divide-line">
        {changes.map(({ checkId, from, to, timestamp }) => (
          <li key={checkId} className="flex flex-wrap items-center gap-2 px-4 py-2.5">
            <Health status={from} />
            <span aria-label="to">→</span>
            <Health status={to} />
            <span className="ml-auto text-sm text-quiet">
              <Time moment={timestamp} />
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}
