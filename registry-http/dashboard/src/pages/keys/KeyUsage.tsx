import type { ApiKeyUsage } from '@/api/schema';
import { type Days, Period } from '@/pages/servers/tabs/Period';
import { bytes, count, milliseconds, percent } from '@/ui/format';
import { Fact, Section } from '@/ui/Page';
import { ErrorState, Skeleton } from '@/ui/States';
import { Time } from '@/ui/Time';
import { KeyTrend } from './KeyTrend';
import { useKeyTrend } from './usage';

const KINDS = [
  ['client', 'Refused, or the client left'],
  ['upstream', 'The server failed'],
  ['timeout', 'The server took too long'],
  ['limited', 'Over a limit'],
  ['gateway', 'The gateway failed'],
] as const;

interface KeyUsageProps {
  id: string;
  days: Days;
  onDays: (days: Days) => void;
}

/** How much a key was used in all and lately, and how that went. */
export function KeyUsage({ id, days, onDays }: KeyUsageProps) {
  const { data, error, refetch } = useKeyTrend(id, days);
  return (
    <>
      <Section title="Usage">
        {error ? (
          <ErrorState error={error} onRetry={refetch} />
        ) : data ? (
          <Usage usage={data} />
        ) : (
          <Skeleton lines={2} />
        )}
      </Section>
      {data?.trend && data.requests > 0 && (
        <Section title="Usage over time" actions={<Period days={days} onChange={onDays} />}>
          <KeyTrend trend={data.trend} days={days} />
        </Section>
      )}
    </>
  );
}

function Usage({ usage }: { usage: ApiKeyUsage }) {
  if (usage.requests === 0) return <p className="text-quiet">It was never used.</p>;
  return (
    <>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-3">
        <Fact name="Requests">{count(usage.requests)}</Fact>
        <Fact name="Failed">
          {count(usage.errors)} ({percent(usage.errors / usage.requests)})
        </Fact>
        <Fact name="Bodies in and out">
          {bytes(usage.bytesIn)}, {bytes(usage.bytesOut)}
        </Fact>
        <Fact name="Last used">
          <Time moment={usage.lastUsed} absent="never" />
        </Fact>
        <Fact name="From">{usage.lastUsedIp ?? 'unknown'}</Fact>
      </dl>
      <ResponseTimes usage={usage} />
      <Errors usage={usage} />
    </>
  );
}

function ResponseTimes({ usage: { responseTimes: times } }: { usage: ApiKeyUsage }) {
  if (!times) return null;
  return (
    <dl aria-label="Response times of calls" className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
      <Fact name="Average">{milliseconds(times.average)}</Fact>
      <Fact name="Half within (p50)">{milliseconds(times.p50)}</Fact>
      <Fact name="95 % within (p95)">{milliseconds(times.p95)}</Fact>
      <Fact name="99 % within (p99)">{milliseconds(times.p99)}</Fact>
    </dl>
  );
}

function Errors({ usage: { errorsByKind } }: { usage: ApiKeyUsage }) {
  const kinds = KINDS.filter(([kind]) => errorsByKind[kind] > 0);
  if (kinds.length === 0) return null;
  return (
    <dl aria-label="Failed calls" className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-3">
      {kinds.map(([kind, name]) => (
        <Fact key={kind} name={name}>
          {count(errorsByKind[kind])}
        </Fact>
      ))}
    </dl>
  );
}
