import type { Server } from '@/api/schema';
import { bytes, count, milliseconds, percent } from '@/ui/format';
import { Fact, Section } from '@/ui/Page';
import { Time } from '@/ui/Time';

/** How calls of the server went since it was registered. Another tenant's users are not told. */
export function Performance({ server: { performance, successRate } }: { server: Server }) {
  if (!performance) return null;
  const { requestCount, errorRate, responseTimes, bytesIn, bytesOut, lastUsed } = performance;
  return (
    <Section title="Since it was registered">
      <dl className="card grid grid-cols-2 gap-4 p-4 sm:grid-cols-3">
        <Fact name="Calls">{count(requestCount)}</Fact>
        <Fact name="Failed">{percent(part(errorRate))}</Fact>
        <Fact name="Last call">
          <Time moment={lastUsed} absent="never" />
        </Fact>
        <Fact name="Mean response">{milliseconds(responseTimes?.average)}</Fact>
        <Fact name="95 of 100 within">{milliseconds(responseTimes?.p95)}</Fact>
        <Fact name="Checks passed">{percent(part(successRate))}</Fact>
        <Fact name="Received">{bytes(bytesIn)}</Fact>
        <Fact name="Sent">{bytes(bytesOut)}</Fact>
      </dl>
    </Section>
  );
}

const part = (value: number | undefined) => (value === undefined ? undefined : value / 100);
