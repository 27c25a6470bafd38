import { type ReactNode, useState } from 'react';
import { Icon } from './Icon';

/** What few people need, below its name until it is wanted. `isOpen`: something in it needs a look. */
export function More({ title, isOpen = false, children }: { title: string; isOpen?: boolean; children: ReactNode }) {
  const [wasOpened, setOpened] = useState(false);
  const shown = isOpen || wasOpened;
  return (
    <details
      open={shown}
      onToggle={({ currentTarget }) => setOpened(currentTarget.open)}
      className="group rounded-lg border border-line"
    >
      <summary className="flex min-h-10 cursor-pointer list-none items-center gap-2 px-3 py-2 font-medium [&::-webkit-details-marker]:hidden">
        <Icon name="chevron" className="size-4 transition-transform group-open:rotate-90" />
        {title}
      </summary>
      <div className="flex flex-col gap-4 border-t border-line p-3">{children}</div>
    </details>
  );
}
