import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { CLEARED } from '@/api/clear';
import { api, ifMatch } from '@/api/client';
import { invalidate } from '@/api/query';
import type { User } from '@/api/schema';
import { useBase } from '@/ui/base';
import { Button } from '@/ui/Button';
import { DialogActions } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { atFields } from '@/ui/form';
import { FormDialog } from '@/ui/FormDialog';
import { newPassword, PASSWORD_HELP } from '@/ui/person';
import { Problem } from '@/ui/Problem';
import { say } from '@/ui/Toast';
import { readUser } from './read';
import { Warning } from '@/ui/Warning';

const schema = z.object({ password: newPassword });

/** Gives a user a new password, or takes the one away that there is. */
export function SetPassword({ user, isMe, onClose }: { user: User; isMe: boolean; onClose: () => void }) {
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { password: '' } });
  const { base, settle } = useBase(user, () => readUser(user.id));
  const [problem, setProblem] = useState<unknown>();
  const save = api.useMutation('patch', '/api/users/{id}', {
    onMutate: () => setProblem(undefined),
    onSuccess: async () => {
      say(`The password of ${user.username} is changed.`);
      onClose();
      await invalidate('/api/users');
    },
    onError: async (error) => setProblem(atFields(await settle(error), form)),
  });
  const change = (password: string) =>
    save.mutate({ params: { path: { id: user.id }, header: ifMatch(base) }, body: { password } });
  const submit = form.handleSubmit(({ password }) => change(password));
  return (
    <FormDialog
      title={`Set a password for ${user.username}`}
      size="normal"
      isDirty={form.formState.isDirty}
      onClose={onClose}
    >
      {(close) => (
        <>
          <p>{isMe ? 'Your other sessions' : 'All sessions of this user'} end at once.</p>
          <form className="flex flex-col gap-4" onSubmit={submit} noValidate>
            <TextField
              control={form.control}
              name="password"
              label="New password"
              type="password"
              autoComplete="new-password"
              help={PASSWORD_HELP}
            />
            {isMe && user.identities.length === 0 && (
              <Warning>
                This is you, and you sign in with a password only: without one you cannot sign in again.
              </Warning>
            )}
            <Problem error={problem} />
            <DialogActions>
              <Button kind="quiet" isDisabled={save.isPending} onPress={() => change(CLEARED)}>
                Take the password away
              </Button>
              <Button onPress={close}>Cancel</Button>
              <Button kind="primary" type="submit" isPending={save.isPending}>
                Set password
              </Button>
            </DialogActions>
          </form>
        </>
      )}
    </FormDialog>
  );
}
