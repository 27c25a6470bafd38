import type { ReactNode } from 'react';
import { ButtonLink } from '@/ui/Button';
import { Icon, type IconName } from '@/ui/Icon';
import { EmptyState } from '@/ui/States';

/** There is no server yet: what comes first. */
export function FirstRun({ mayAdd }: { mayAdd: boolean }) {
  if (!mayAdd) {
    return (
      <EmptyState icon="server" title="There is no server for you yet">
        Once an administrator or a server owner registers one that you may see, it is here at once.
      </EmptyState>
    );
  }
  return (
    <section className="card flex flex-col gap-6 p-6 sm:p-8" aria-label="First steps">
      <div>
        <h2 className="text-xl font-semibold">Begin with a server</h2>
        <p className="max-w-prose text-quiet">Three steps, and an MCP client calls it through this gateway.</p>
      </div>
      <ol className="grid gap-4 lg:grid-cols-3">
        <Step number={1} icon="server" title="Register the server">
          Say where it is and what credentials it wants. The registry connects to it, and shows you its tools before it
          is saved.
        </Step>
        <Step number={2} icon="key" title="Save the key">
          You get a key that opens this one server. It is shown once: put it where you keep secrets.
        </Step>
        <Step number={3} icon="copy" title="Set up your client">
          Copy the settings for VS Code, Cursor, Claude or another client, and put the key in where they ask for it.
        </Step>
      </ol>
      <div>
        <ButtonLink kind="primary" to="/servers" search={{ add: true }}>
          <Icon name="plus" className="size-4" />
          Add server
        </ButtonLink>
      </div>
    </section>
  );
}

function Step({
  number,
  icon,
  title,
  children,
}: {
  number: number;
  icon: IconName;
  title: string;
  children: ReactNode;
}) {
  return (
    <li className="flex gap-3 rounded-xl border border-line p-4">
      <span className="grid size-10 shrink-0 place-items-center rounded-full bg-accent-soft text-accent">
        <Icon name={icon} />
      </span>
      <span>
        <span className="block font-semibold">
          {number}. {title}
        </span>
        <span className="block text-sm text-quiet">{children}</span>
      </span>
    </li>
  );
}
