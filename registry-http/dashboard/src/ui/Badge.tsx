import type { ReactNode } from 'react';

export type Tone = 'good' | 'warning' | 'danger' | 'quiet' | 'accent';

const TONES: Record<Tone, string> = {
  good: 'bg-good-soft text-good',
  warning: 'bg-warning-soft text-warning',
  danger: 'bg-danger-soft text-danger',
  quiet: 'bg-sunken text-quiet',
  accent: 'bg-accent-soft text-accent',
};

/** A word in a colour. The word says all that the colour says. */
export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-flex items-center gap-1 rounded-full max-w-full px-2 py-0.5 text-xs font-semibold whitespace-nowrap ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}
