import { useNavigate } from '@tanstack/react-router';
import { MenuItem } from 'react-aria-components/Menu';
import { api } from '@/api/client';
import type { Me } from '@/api/schema';
import { ROLES } from '@/ui/roles';
import { sayFailure } from '@/ui/Toast';
import { HeaderMenu, ITEM } from './HeaderMenu';
import type { Opened } from './MenuButton';

/** What one does with one's account. */
export default function UserItems({ me, ...opened }: Opened & { me: Me }) {
  const navigate = useNavigate();
  const signOut = api.useMutation('post', '/api/auth/logout', {
    onSuccess: () => window.location.replace('/sign-in'),
    onError: sayFailure,
  });
  return (
    <HeaderMenu {...opened} aria-label="Account" above={<About me={me} />}>
      <MenuItem className={ITEM} onAction={() => void navigate({ to: '/settings' })}>
        Settings
      </MenuItem>
      <MenuItem className={ITEM} onAction={() => signOut.mutate({})}>
        Sign out
      </MenuItem>
    </HeaderMenu>
  );
}

function About({ me }: { me: Me }) {
  return (
    <p className="mb-1 border-b border-line px-3 py-2">
      <span className="block font-semibold">{me.displayName ?? me.username}</span>
      <span className="text-sm text-quiet">{ROLES[me.role]}</span>
    </p>
  );
}
