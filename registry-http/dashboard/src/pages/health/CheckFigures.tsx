import { sentence } from '@/api/error';
import type { CheckTally, Server } from '@/api/schema';
import { count, milliseconds, percent } from '@/ui/format';
import { Fact } from '@/ui/Page';
import { Time } from '@/ui/Time';

interface CheckFiguresProps {
  server: Pick<Server, 'lastErrorMessage' | 'lastErrorAt'>;
  /** What the checks of a period came to. */
  total: CheckTally;
}

/** What checks came to in numbers, and what went wrong last. */
export function CheckFigures({
  server,
  total: { checks, successes, failures, degraded, responseTimes },
}: CheckFiguresProps) {
  // Checks that found out nothing are neither.
  const known = successes + failures;
  const part = (of: number) => (known === 0 ? undefined : of / known);
  return (
    <div className="card flex flex-col gap-4 p-4">
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
        <Fact name="Checks">{count(checks)}</Fact>
        <Fact name="Success rate">{percent(part(successes))}</Fact>
        <Fact name="Error rate">{percent(part(failures))}</Fact>
        <Fact name="Slow or in part">{count(degraded)}</Fact>
        <Fact name="Average">{milliseconds(responseTimes?.average)}</Fact>
        <Fact name="Half within (p50)">{milliseconds(responseTimes?.p50)}</Fact>
        <Fact name="95 % within (p95)">{milliseconds(responseTimes?.p95)}</Fact>
        <Fact name="99 % within (p99)">{milliseconds(responseTimes?.p99)}</Fact>
      </dl>
      {server.lastErrorMessage && (
        <p>
          <span className="text-sm text-quiet">
            Last error, <Time moment={server.lastErrorAt} />:{' '}
          </span>
          {sentence(server.lastErrorMessage)}
        </p>
      )}
    </div>
  );
}
