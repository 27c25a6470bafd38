import { useState } from 'react';
import { sentence } from '@/api/error';
import type { Delivery, DeliveryStatus } from '@/api/schema';
import { Badge, type Tone } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Code } from '@/ui/Code';
import { More } from '@/ui/More';
import { Time } from '@/ui/Time';
import { retry } from './actions';

const STATES: Record<DeliveryStatus, { tone: Tone; word: string }> = {
  pending: { tone: 'accent', word: 'Waiting' },
  delivered: { tone: 'good', word: 'Taken' },
  dead: { tone: 'danger', word: 'Given up' },
};

const TYPES: Record<string, string> = {
  'alert.raised': 'Alert raised',
  'alert.acknowledged': 'Alert acknowledged',
  'alert.resolved': 'Alert resolved',
};

/** A message, how far it is, and what it says. */
export function DeliveryItem({ delivery }: { delivery: Delivery }) {
  const { status, type, payload, lastError, lastStatus } = delivery;
  return (
    <li className="flex flex-col gap-2 rounded-xl border border-line p-3">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{TYPES[type] ?? type}</span>
        <Badge tone={STATES[status].tone}>{STATES[status].word}</Badge>
        <span className="ml-auto text-sm text-quiet">
          <Time moment={delivery.createdAt} />
        </span>
      </div>
      <p className="text-sm">
        <Attempts delivery={delivery} />
      </p>
      {status !== 'delivered' && (lastError ?? lastStatus) !== undefined && (
        <p className="text-sm text-danger">{lastError ? withoutCode(lastError) : `It answered ${lastStatus ?? ''}.`}</p>
      )}
      <More title="The message">
        <Code text={JSON.stringify(payload, null, 2)} label="JSON" />
      </More>
      {status === 'dead' && <Retry delivery={delivery} />}
    </li>
  );
}

/** `UPSTREAM_ERROR: the receiver answered HTTP 503` for people. */
function withoutCode(error: string): string {
  return sentence(error.replace(/^[A-Z_]+: /, ''));
}

function Attempts({ delivery: { attempts, nextAttemptAt, finishedAt, status } }: { delivery: Delivery }) {
  const sent = attempts === 0 ? 'Not sent yet' : attempts === 1 ? 'Sent once' : `Sent ${attempts} times`;
  return (
    <>
      {sent}
      {nextAttemptAt && status === 'pending' && (
        <>
          , next <Time moment={nextAttemptAt} />
        </>
      )}
      {finishedAt && status === 'delivered' && (
        <>
          , taken <Time moment={finishedAt} />
        </>
      )}
      {finishedAt && status === 'dead' && (
        <>
          , given up <Time moment={finishedAt} />
        </>
      )}
    </>
  );
}

function Retry({ delivery: { webhookId, id } }: { delivery: Delivery }) {
  const [isPending, setPending] = useState(false);
  const run = async () => {
    setPending(true);
    await retry(webhookId, id);
    setPending(false);
  };
  return (
    <Button size="small" className="self-start" isPending={isPending} onPress={run}>
      Send again
    </Button>
  );
}
