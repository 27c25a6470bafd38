import type { ReactNode } from 'react';
import { Icon, type IconName } from '@/ui/Icon';

/** A figure, what it counts, and what belongs to it. */
export function Tile({
  icon,
  name,
  figure,
  children,
}: {
  icon: IconName;
  name: string;
  figure: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="card flex min-w-0 flex-col gap-2 p-4" aria-label={name}>
      <h2 className="flex items-center gap-2 text-sm font-medium text-quiet">
        <Icon name={icon} className="size-4.5" />
        {name}
      </h2>
      <p className="text-3xl leading-tight font-bold tabular-nums">{figure}</p>
      <div className="flex flex-col gap-1 text-sm text-quiet">{children}</div>
    </section>
  );
}
