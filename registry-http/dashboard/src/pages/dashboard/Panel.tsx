import type { ReactNode } from 'react';

/** A list on the dashboard, with the way to all of it. */
export function Panel({ title, all, children }: { title: string; all?: ReactNode; children: ReactNode }) {
  return (
    <section className="card flex min-w-0 flex-col gap-3 p-4 sm:p-5" aria-label={title}>
      <div className="flex flex-wrap items-baseline justify-between gap-2">
        <h2 className="font-semibold">{title}</h2>
        {all}
      </div>
      {children}
    </section>
  );
}

/** The rows of such a list. */
export function Rows({ children }: { children: ReactNode }) {
  return <ul className="flex flex-col divide-y divide-line">{children}</ul>;
}

/** A row: what it is about, what of it stands at the right, and perhaps what stands below. */
export function PanelRow({ children, side, below }: { children: ReactNode; side: ReactNode; below?: ReactNode }) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-2.5 first:pt-0 last:pb-0">
      <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">{children}</div>
      <div className="flex items-center gap-2 text-sm text-quiet tabular-nums">{side}</div>
      {below && <div className="basis-full">{below}</div>}
    </li>
  );
}

export const PANEL_LINK = 'rounded text-accent underline-offset-2 hover:underline';
