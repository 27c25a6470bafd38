import type { CircuitState, Server } from '@/api/schema';
import { Badge, type Tone } from '@/ui/Badge';
import { count } from '@/ui/format';
import { Fact, Section } from '@/ui/Page';
import { Time } from '@/ui/Time';

const STATES: Record<CircuitState, { tone: Tone; word: string; help: string }> = {
  closed: { tone: 'good', word: 'Closed', help: 'Calls go through.' },
  open: { tone: 'danger', word: 'Open', help: 'Too many calls failed: none is let through for a while.' },
  half_open: {
    tone: 'warning',
    word: 'Trying',
    help: 'One call is let through to see whether the server works again.',
  },
};

/** Whether calls are let through, if any were made. */
export function Circuit({ server: { circuit } }: { server: Server }) {
  if (!circuit) return null;
  const { tone, word, help } = STATES[circuit.state];
  return (
    <Section title="Circuit">
      <div className="card flex flex-col gap-4 p-4">
        <p className="flex flex-wrap items-center gap-2">
          <Badge tone={tone}>{word}</Badge>
          {help}
        </p>
        <dl className="grid grid-cols-2 gap-4 sm:grid-cols-3">
          <Fact name="Since">
            <Time moment={circuit.since} />
          </Fact>
          <Fact name="Failures in a row">{count(circuit.failures)}</Fact>
          {circuit.retryAt && (
            <Fact name="Next try">
              <Time moment={circuit.retryAt} />
            </Fact>
          )}
        </dl>
      </div>
    </Section>
  );
}
