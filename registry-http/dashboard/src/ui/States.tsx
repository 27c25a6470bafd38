import type { ReactNode } from 'react';
import { ApiError, messageOf } from '@/api/error';
import { Button } from './Button';
import { Icon, type IconName } from './Icon';

/** There is nothing (yet): what to do about it. */
export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="card flex flex-col items-center gap-3 px-6 py-12 text-center">
      <Icon name={icon} className="size-10 text-quiet" />
      <p className="text-lg font-semibold">{title}</p>
      {children && <div className="max-w-prose text-quiet">{children}</div>}
      {action}
    </div>
  );
}

/** It cannot be shown: why, and the way on. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const isGone = error instanceof ApiError && error.status === 404;
  return (
    <div role="alert" className="card flex flex-col items-center gap-3 px-6 py-12 text-center">
      <Icon name="warning" className="size-10 text-danger" />
      <p className="text-lg font-semibold">{isGone ? 'This is not here' : 'This cannot be shown'}</p>
      <p className="max-w-prose text-quiet">{isGone ? 'It was removed, or you may not see it.' : messageOf(error)}</p>
      {onRetry && !isGone && <Button onPress={onRetry}>Try again</Button>}
    </div>
  );
}

/** The place of what is still being read. `lines` are its parts, below each other. */
export function Skeleton({ lines = 3, className = 'h-12' }: { lines?: number; className?: string }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-3">
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className={`animate-pulse rounded-xl bg-line ${className}`} />
      ))}
    </div>
  );
}
