import { useNavigate } from '@tanstack/react-router';
import { Menu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { api } from '@/api/client';
import type { Me } from '@/api/schema';
import { Button } from '@/ui/Button';
import { ROLES } from '@/ui/roles';
import { sayFailure } from '@/ui/Toast';

const ITEM = 'cursor-pointer rounded-md px-3 py-1.5 outline-none focus:bg-accent-soft';

/** Who is signed in, and the way out. */
export function UserMenu({ me }: { me: Me }) {
  const navigate = useNavigate();
  const signOut = api.useMutation('post', '/api/auth/logout', {
    onSuccess: () => window.location.replace('/sign-in'),
    onError: sayFailure,
  });
  const name = me.displayName ?? me.username;
  return (
    <MenuTrigger>
      <Button kind="quiet" size="small" aria-label={`Account of ${name}`}>
        <span
          aria-hidden="true"
          className="grid size-7 place-items-center rounded-full bg-accent text-sm font-semibold text-on-accent"
        >
          {name.charAt(0).toUpperCase()}
        </span>
      </Button>
      <Popover placement="bottom end" className="min-w-52 rounded-lg border border-line bg-raised p-1 shadow-overlay">
        <p className="border-b border-line px-3 py-2">
          <span className="block font-semibold">{name}</span>
          <span className="text-sm text-quiet">{ROLES[me.role]}</span>
        </p>
        <Menu aria-label="Account" className="pt-1 outline-none">
          <MenuItem className={ITEM} onAction={() => void navigate({ to: '/settings' })}>
            Settings
          </MenuItem>
          <MenuItem className={ITEM} onAction={() => signOut.mutate({})}>
            Sign out
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
