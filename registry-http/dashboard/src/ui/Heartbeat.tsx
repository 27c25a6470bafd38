import { useState } from 'react';
import type { HealthStatus } from '@/api/schema';
import { classes } from './class';
import { DataTable } from './DataTable';
import { Reading } from './Reading';
import { Slots } from './Slots';

/** A check, or what the checks of a part of time came to. See beats.ts, which makes them of answers of the API. */
export interface Beat {
  id: string;
  status: HealthStatus;
  /** When, in words. */
  when: string;
  /** What it found, in words: "Degraded, 2.1 s". */
  what: string;
}

const WHOLE = 100;

/** The worse, the lower: the shape says what the colour says. */
const LOOK: Record<HealthStatus, { slot: string; fill: string }> = {
  healthy: { slot: 'bg-good-soft', fill: 'h-full bg-good' },
  degraded: { slot: 'bg-warning-soft', fill: 'h-2/3 bg-warning' },
  unhealthy: { slot: 'bg-danger-soft', fill: 'h-1/3 bg-danger' },
  unknown: { slot: 'bg-sunken', fill: 'h-0.5 bg-control' },
};

interface HeartbeatProps {
  /** Whose: "Health of Weather". */
  label: string;
  /** Oldest first. */
  beats: readonly Beat[];
  /** All of them in a sentence. */
  summary: string;
  /** As many as there can be: fewer do not fill the width, so that one is as wide everywhere. */
  most?: number;
}

/** How a server was, part by part. Arrow keys read it, and there is a table of it. */
export function Heartbeat({ label, beats, summary, most = beats.length }: HeartbeatProps) {
  const [read, setRead] = useState<number>();
  if (beats.length === 0) return <p className="text-sm text-quiet">{summary}</p>;
  const beat = read === undefined ? undefined : beats[read];
  const slots = beats.map((one) => ({ ...one, words: `${one.when}: ${one.what}` }));
  return (
    <div className="flex flex-col gap-1">
      <div className="rounded bg-sunken">
        <div className="ml-auto" style={{ width: `${(beats.length / Math.max(most, beats.length)) * WHOLE}%` }}>
          <Slots
            label={`${label}. ${summary}`}
            slots={slots}
            read={read}
            onRead={setRead}
            className="h-8 gap-px sm:gap-0.5"
          >
            {({ id, status }) => (
              <span
                className={classes(
                  'flex h-full items-end overflow-hidden rounded-xs',
                  LOOK[status].slot,
                  id === beat?.id && 'outline-2 outline-accent',
                )}
              >
                <span className={classes('w-full', LOOK[status].fill)} />
              </span>
            )}
          </Slots>
        </div>
      </div>
      <Reading
        words={beat ? `${beat.when}: ${beat.what}` : summary}
        label={label}
        table={() => (
          <DataTable
            caption={label}
            head={['When', 'What']}
            rows={beats.toReversed().map(({ when, what }) => [when, what])}
          />
        )}
      />
    </div>
  );
}
