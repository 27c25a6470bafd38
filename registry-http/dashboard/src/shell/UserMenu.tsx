import { lazy } from 'react';
import type { Me } from '@/api/schema';
import { patient } from '@/api/patient';
import { MenuButton } from './MenuButton';

const UserItems = lazy(() => patient(() => import('./UserItems')));

/** Who is signed in, and the way out. */
export function UserMenu({ me }: { me: Me }) {
  const name = me.displayName ?? me.username;
  return (
    <MenuButton label={`Account of ${name}`} menu={(opened) => <UserItems {...opened} me={me} />}>
      <span
        aria-hidden="true"
        className="grid size-7 place-items-center rounded-full bg-accent text-sm font-semibold text-on-accent"
      >
        {name.charAt(0).toUpperCase()}
      </span>
    </MenuButton>
  );
}
