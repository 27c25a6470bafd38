import type { ReactNode } from 'react';
import { Icon } from './Icon';

/** What one had better know before one goes on. */
export function Warning({ children }: { children: ReactNode }) {
  return (
    <p role="status" className="flex items-start gap-2 rounded-lg bg-warning-soft px-3 py-2 text-warning">
      <Icon name="warning" className="mt-0.5 size-4.5" />
      <span>{children}</span>
    </p>
  );
}
