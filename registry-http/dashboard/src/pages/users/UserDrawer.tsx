import { useState } from 'react';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import type { Me, User } from '@/api/schema';
import { may } from '@/api/session';
import { Badge } from '@/ui/Badge';
import { Button, ButtonLink } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Name } from '@/ui/Name';
import { Fact } from '@/ui/Page';
import { ROLES } from '@/ui/roles';
import { ErrorState, Skeleton } from '@/ui/States';
import { Time } from '@/ui/Time';
import { Disable, Remove } from './Ends';
import { EditUser } from './EditUser';
import { SetPassword } from './SetPassword';
import { UserIdentities } from './UserIdentities';
import { UserSessions } from './UserSessions';

type Act = 'edit' | 'password' | 'disable' | 'remove';

/** All about a user, and what can be done. */
export function UserDrawer({ id, me, onClose }: { id: string; me: Me; onClose: () => void }) {
  const { data: user, error, refetch } = kept(api.useQuery('get', '/api/users/{id}', { params: { path: { id } } }));
  return (
    <Dialog title={user?.username ?? 'User'} isOpen onClose={onClose} size="drawer">
      {error ? (
        <ErrorState error={error} onRetry={refetch} />
      ) : user ? (
        <About user={user} me={me} onClose={onClose} />
      ) : (
        <Skeleton />
      )}
    </Dialog>
  );
}

function About({ user, me, onClose }: { user: User; me: Me; onClose: () => void }) {
  return (
    <>
      <dl className="grid grid-cols-2 gap-4">
        <Fact name="Display name">{user.displayName ?? '–'}</Fact>
        <Fact name="E-mail">{user.email ?? '–'}</Fact>
        <Fact name="Role">{ROLES[user.role]}</Fact>
        <Fact name="State">
          <Badge tone={user.disabled ? 'quiet' : 'good'}>{user.disabled ? 'Disabled' : 'Enabled'}</Badge>
        </Fact>
        {me.role === 'admin' && (
          <Fact name="Tenant">
            <Name kind="tenant" id={user.tenantId} />
          </Fact>
        )}
        <Fact name="Member since">
          <Time moment={user.createdAt} />
        </Fact>
      </dl>
      {may(me, 'users:manage') && <Managed user={user} me={me} onClose={onClose} />}
    </>
  );
}

function Managed({ user, me, onClose }: { user: User; me: Me; onClose: () => void }) {
  const [act, setAct] = useState<Act>();
  const done = () => setAct(undefined);
  const isMe = user.id === me.id;
  return (
    <>
      <div className="flex flex-wrap gap-2">
        <Button size="small" onPress={() => setAct('edit')}>
          Edit
        </Button>
        <Button size="small" onPress={() => setAct('password')}>
          Set a password
        </Button>
        <Button size="small" onPress={() => setAct('disable')}>
          {user.disabled ? 'Enable' : 'Disable'}
        </Button>
        <Button size="small" onPress={() => setAct('remove')}>
          Remove
        </Button>
        <ButtonLink size="small" to="/audit" search={{ actorId: user.id }}>
          What this user did
        </ButtonLink>
      </div>
      <UserSessions user={user} isMe={isMe} />
      <UserIdentities key={user.revision} user={user} />
      {act === 'edit' && <EditUser user={user} isMe={isMe} onClose={done} />}
      {act === 'password' && <SetPassword user={user} isMe={isMe} onClose={done} />}
      {act === 'disable' && <Disable user={user} isMe={isMe} onClose={done} />}
      {act === 'remove' && <Remove user={user} isMe={isMe} onClose={done} onRemoved={onClose} />}
    </>
  );
}
