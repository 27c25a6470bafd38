const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const COMPACT = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 2 });
const DATE_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const SHORT_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'short' });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** What stands where there is no value. */
export const NONE = '–';

export const count = (value: number | undefined): string =>
  value === undefined ? NONE : value < 10_000 ? NUMBER.format(value) : COMPACT.format(value);

/** Of a part of one: 0.995 is 99.5 %. */
export const percent = (part: number | undefined): string => (part === undefined ? NONE : PERCENT.format(part));

export function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return NONE;
  return ms < 1_000 ? `${NUMBER.format(ms)} ms` : `${NUMBER.format(ms / 1_000)} s`;
}

export function bytes(size: number | undefined): string {
  if (size === undefined) return NONE;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(size, 1)) / 10), units.length - 1);
  return `${NUMBER.format(size / 1024 ** power)} ${units[power] ?? ''}`;
}

/** A moment as people here write it. */
export const dateTime = (moment: string): string => DATE_TIME.format(new Date(moment));

/** The same for where there is little room. */
export const shortTime = (moment: string): string => SHORT_TIME.format(new Date(moment));

/** The same, without the day if that is today. */
export function nearTime(moment: string, now: Date = new Date()): string {
  const date = new Date(moment);
  return date.toDateString() === now.toDateString() ? CLOCK.format(date) : SHORT_TIME.format(date);
}

/** From a moment to before another, without what both have in common. */
export const timeRange = (from: string, to: string): string => SHORT_TIME.formatRange(new Date(from), new Date(to));

/** A moment as seen from `now`: "3 minutes ago", "in 2 days". */
export function relative(moment: string, now: number = Date.now()): string {
  const seconds = Math.round((new Date(moment).getTime() - now) / 1_000);
  const distance = Math.abs(seconds);
  if (distance < MINUTE_S) return RELATIVE.format(seconds, 'second');
  if (distance < HOUR_S) return RELATIVE.format(Math.trunc(seconds / MINUTE_S), 'minute');
  if (distance < DAY_S) return RELATIVE.format(Math.trunc(seconds / HOUR_S), 'hour');
  return RELATIVE.format(Math.trunc(seconds / DAY_S), 'day');
}

/** A word of the API as people read it: `api_key_rotated` is "Api key rotated". */
export function words(text: string): string {
  const spaced = text.replaceAll('_', ' ');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
