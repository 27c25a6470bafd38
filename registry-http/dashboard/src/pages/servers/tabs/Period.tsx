import { Select } from '@/ui/Select';
import type { ServerSearch } from '../search';

/** How many days are looked back on. */
export type Days = NonNullable<ServerSearch['days']>;

const PERIODS = [
  { id: '1', name: 'Last 24 hours' },
  { id: '7', name: 'Last 7 days' },
  { id: '30', name: 'Last 30 days' },
  { id: '90', name: 'Last 90 days' },
];

/** Chooses how far back one looks. */
export function Period({ days, onChange }: { days: Days; onChange: (days: Days) => void }) {
  return (
    <Select
      label="Period"
      hideLabel
      options={PERIODS}
      value={String(days)}
      onChange={(id) => onChange(Number(id) as Days)}
    />
  );
}

/** The parts that each period is put together in. */
const SLOTS: Record<Days, number> = { 1: 24, 7: 84, 30: 30, 90: 90 };

/** The parameters by which the API tells of so many days, part by part. */
export function rangeOf(days: Days) {
  return { resolution: days > 7 ? ('day' as const) : ('hour' as const), slots: SLOTS[days], from: beginningOf(days) };
}

/** When a range of so many days begins, at a full hour: the address of a query stays the same for that long. */
function beginningOf(days: Days, now: number = Date.now()): string {
  const hour = 3_600_000;
  return new Date((Math.floor(now / hour) + 1) * hour - days * 24 * hour).toISOString();
}

const HOUR = new Intl.DateTimeFormat(undefined, { hour: 'numeric' });
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** A moment below a chart of so many days, as short as can be. */
export const tickOf = (moment: string, days: Days): string => (days === 1 ? HOUR : DAY).format(new Date(moment));
