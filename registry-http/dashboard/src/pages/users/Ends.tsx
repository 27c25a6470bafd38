import { api, ifMatch } from '@/api/client';
import { invalidate } from '@/api/query';
import type { User } from '@/api/schema';
import { useBase } from '@/ui/base';
import { ConfirmDialog } from '@/ui/Dialog';
import { say } from '@/ui/Toast';
import { useState } from 'react';
import { readUser } from './read';
import { Warning } from '@/ui/Warning';

interface EndProps {
  user: User;
  isMe: boolean;
  onClose: () => void;
}

/** Disables a user, or enables it again. */
export function Disable({ user, isMe, onClose }: EndProps) {
  const { base, settle } = useBase(user, () => readUser(user.id));
  const [problem, setProblem] = useState<unknown>();
  const disabled = !user.disabled;
  const save = api.useMutation('patch', '/api/users/{id}', {
    onSuccess: async () => {
      say(`${user.username} is ${disabled ? 'disabled' : 'enabled'}.`);
      onClose();
      await invalidate('/api/users');
    },
    onError: async (error) => setProblem(await settle(error)),
  });
  const params = { path: { id: user.id }, header: ifMatch(base) };
  return (
    <ConfirmDialog
      title={`${disabled ? 'Disable' : 'Enable'} ${user.username}?`}
      action={disabled ? 'Disable user' : 'Enable user'}
      kind={disabled ? 'danger' : 'primary'}
      isOpen
      onClose={onClose}
      onConfirm={() => save.mutate({ params, body: { disabled } })}
      isPending={save.isPending}
      error={problem}
    >
      <p>
        {disabled
          ? 'Its keys and tokens are refused and its sessions end, at once. Nothing is lost: the keys are good again when it is enabled.'
          : 'Its keys and tokens are good again, as far as they have not run out. It has to sign in anew.'}
      </p>
      {isMe && disabled && (
        <Warning>This is you. You are signed out at once, and cannot enable yourself again.</Warning>
      )}
    </ConfirmDialog>
  );
}

/** Removes a user for good. */
export function Remove({ user, isMe, onClose, onRemoved }: EndProps & { onRemoved: () => void }) {
  const { base, settle } = useBase(user, () => readUser(user.id));
  const [problem, setProblem] = useState<unknown>();
  const remove = api.useMutation('delete', '/api/users/{id}', {
    onSuccess: async () => {
      say(`${user.username} is removed.`);
      onRemoved();
      await invalidate('/api/users', '/api/api-keys');
    },
    onError: async (error) => setProblem(await settle(error)),
  });
  return (
    <ConfirmDialog
      title={`Remove ${user.username}?`}
      action="Remove user"
      isOpen
      onClose={onClose}
      onConfirm={() => remove.mutate({ params: { path: { id: user.id }, header: ifMatch(base) } })}
      isPending={remove.isPending}
      error={problem}
    >
      <p>
        Its sessions end, its keys are revoked, and its preferences are gone, for good. What it did stays in the audit
        log.
      </p>
      <p className="text-sm text-quiet">Servers that it owns have to be removed before.</p>
      {isMe && <Warning>This is you. You are signed out at once, and your account is gone.</Warning>}
    </ConfirmDialog>
  );
}
