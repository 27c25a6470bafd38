import type { Session, SignInMethod } from '@/api/schema';
import type { ReactNode } from 'react';
import { Badge } from './Badge';
import { programOf } from './program';
import { Time } from './Time';

const METHODS: Record<SignInMethod, string> = {
  password: 'with a password',
  oidc: 'through an identity provider',
  setup: 'with the set-up link',
};

/** Where somebody is signed in. `action` is what can be done about a session. */
export function Sessions({
  sessions,
  action,
}: {
  sessions: readonly Session[];
  action?: (session: Session) => ReactNode;
}) {
  return (
    <ul className="flex flex-col divide-y divide-line">
      {sessions.map((session) => (
        <li key={session.id} className="flex items-start justify-between gap-3 py-3 first:pt-0 last:pb-0">
          <SessionFacts session={session} />
          {action?.(session)}
        </li>
      ))}
    </ul>
  );
}

function SessionFacts({ session }: { session: Session }) {
  const { userAgent, isCurrent, createdAt, method, ipAddress, lastSeenAt, expiresAt } = session;
  return (
    <div className="min-w-0">
      <p className="flex flex-wrap items-center gap-2 font-medium">
        {programOf(userAgent)}
        {isCurrent && <Badge tone="good">This one</Badge>}
      </p>
      <p className="text-sm text-quiet">
        Last used <Time moment={lastSeenAt} />
        {ipAddress && ` from ${ipAddress}`}
      </p>
      <p className="text-sm text-quiet">
        Signed in <Time moment={createdAt} /> {METHODS[method]}, ends <Time moment={expiresAt} /> at the latest
      </p>
    </div>
  );
}
