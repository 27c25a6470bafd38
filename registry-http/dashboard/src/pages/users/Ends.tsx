import { client, ifMatch } from '@/api/client';
import type { User } from '@/api/schema';
import { ConfirmChange } from '@/ui/ConfirmChange';
import { Warning } from '@/ui/Warning';
import { readUser } from './read';

interface EndProps {
  user: User;
  isMe: boolean;
  onClose: () => void;
}

/** Where a user is, and from which revision it is changed. */
const at = (user: User) => ({ path: { id: user.id }, header: ifMatch(user) });

/** Disables a user, or enables it again. */
export function Disable({ user, isMe, onClose }: EndProps) {
  const disabled = !user.disabled;
  return (
    <ConfirmChange
      title={`${disabled ? 'Disable' : 'Enable'} ${user.username}?`}
      action={disabled ? 'Disable user' : 'Enable user'}
      kind={disabled ? 'danger' : 'primary'}
      record={user}
      read={() => readUser(user.id)}
      change={(base) => client.PATCH('/api/users/{id}', { params: at(base), body: { disabled } })}
      done={`${user.username} is ${disabled ? 'disabled' : 'enabled'}.`}
      changes={['/api/users']}
      onClose={onClose}
    >
      <p>
        {disabled
          ? 'Its keys and tokens are refused and its sessions end, at once. Nothing is lost: the keys are good again when it is enabled.'
          : 'Its keys and tokens are good again, as far as they have not run out. It has to sign in anew.'}
      </p>
      {isMe && disabled && (
        <Warning>This is you. You are signed out at once, and cannot enable yourself again.</Warning>
      )}
    </ConfirmChange>
  );
}

/** Removes a user for good. */
export function Remove({ user, isMe, onClose, onRemoved }: EndProps & { onRemoved: () => void }) {
  return (
    <ConfirmChange
      title={`Remove ${user.username}?`}
      action="Remove user"
      record={user}
      read={() => readUser(user.id)}
      change={(base) => client.DELETE('/api/users/{id}', { params: at(base) })}
      done={`${user.username} is removed.`}
      changes={['/api/users', '/api/api-keys']}
      onClose={onClose}
      onDone={onRemoved}
    >
      <p>
        Its sessions end, its keys are revoked, and its preferences are gone, for good. What it did stays in the audit
        log.
      </p>
      <p className="text-sm text-quiet">Servers that it owns have to be removed before.</p>
      {isMe && <Warning>This is you. You are signed out at once, and your account is gone.</Warning>}
    </ConfirmChange>
  );
}
