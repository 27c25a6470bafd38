import type { CallErrors, UsageTally } from '@/api/schema';
import { bytes, count, milliseconds, percent } from '@/ui/format';

/** What all calls of a period came to. */
export function UsageFigures({ total }: { total: UsageTally }) {
  const { requests, errors, errorRate, responseTimes, bytesIn, bytesOut } = total;
  const figures: [string, string, (string | undefined)?][] = [
    ['Calls', count(requests)],
    [
      'Failed',
      count(errors),
      errors > 0 ? `${percent((errorRate ?? 0) / 100)}: ${kinds(total.errorsByKind)}` : undefined,
    ],
    ['Half within', milliseconds(responseTimes?.p50)],
    ['95 of 100 within', milliseconds(responseTimes?.p95)],
    ['Received', bytes(bytesIn)],
    ['Sent', bytes(bytesOut)],
  ];
  return (
    <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-6" aria-label="Usage">
      {figures.map(([name, value, more]) => (
        <div key={name} className="card p-4">
          <dt className="text-sm text-quiet">{name}</dt>
          <dd className="text-xl font-semibold tabular-nums">{value}</dd>
          {more && <dd className="text-sm text-quiet">{more}</dd>}
        </div>
      ))}
    </dl>
  );
}

const WORDS: Record<keyof CallErrors, string> = {
  client: 'by the client',
  upstream: 'by the server',
  timeout: 'too late',
  limited: 'over a limit',
  gateway: 'by the gateway',
};

function kinds(errors: CallErrors): string {
  const there = (Object.keys(WORDS) as (keyof CallErrors)[]).filter((kind) => errors[kind] > 0);
  return there.map((kind) => `${count(errors[kind])} ${WORDS[kind]}`).join(', ');
}
