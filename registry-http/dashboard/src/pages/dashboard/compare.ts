import { percent } from '@/ui/format';

/** How a number of today stands to the one of the day before, in words. */
export function compared(now: number, before: number): string {
  if (before === 0) return now === 0 ? 'None the day before either' : 'None the day before';
  const change = now / before - 1;
  if (Math.abs(change) < 0.005) return 'As many as the day before';
  return `${percent(Math.round(Math.abs(change) * 100) / 100)} ${change > 0 ? 'more' : 'fewer'} than the day before`;
}
