import { useSyncExternalStore } from 'react';
import { dateTime, NONE, relative } from './format';

const TICK_MS = 10_000;

let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all moments of a page. */
function subscribe(listener: () => void) {
  listeners.add(listener);
  if (listeners.size === 1) tick();
  timer ??= setInterval(tick, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick() {
  now = Date.now();
  listeners.forEach((listener) => listener());
}

/** What time it is: to about ten seconds, and the same for all of a page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** A moment as seen from now; the exact one is its title. */
export function Time({ moment, absent = NONE }: { moment: string | undefined; absent?: string }) {
  const seenFrom = useNow();
  if (moment === undefined) return <span className="text-quiet">{absent}</span>;
  return (
    <time dateTime={moment} title={dateTime(moment)} className="whitespace-nowrap">
      {relative(moment, seenAs(moment, seenFrom))}
    </time>
  );
}

/** The clock of the page is up to a tick behind: what happened since then is now, and not in the future. */
function seenAs(moment: string, seenFrom: number): number {
  const at = new Date(moment).getTime();
  return at > seenFrom && at <= seenFrom + TICK_MS ? at : seenFrom;
}
