import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import { z } from 'zod';
import { CLEARED } from '@/api/clear';
import { api, ifMatch } from '@/api/client';
import { invalidate } from '@/api/query';
import type { User } from '@/api/schema';
import { saysNow, useBase } from '@/ui/base';
import { Button } from '@/ui/Button';
import { DialogActions } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { atFields } from '@/ui/form';
import { FormDialog } from '@/ui/FormDialog';
import { email, personName, username } from '@/ui/person';
import { Problem } from '@/ui/Problem';
import { ROLES } from '@/ui/roles';
import { SelectField } from '@/ui/Select';
import { say } from '@/ui/Toast';
import { ROLE_OPTIONS } from './roles';
import { readUser } from './read';
import { Warning } from '@/ui/Warning';

const schema = z.object({ username, displayName: personName, email, role: z.enum(['admin', 'server_owner', 'user']) });

const shown = ({ username, displayName = '', email = '', role }: User) => ({ username, displayName, email, role });
const described = ({ username, displayName, email, role }: User) =>
  saysNow(`${username}, ${displayName ?? 'no display name'}, ${email ?? 'no e-mail'}, ${ROLES[role]}`);

/** Changes names, e-mail and role of a user. */
export function EditUser({ user, isMe, onClose }: { user: User; isMe: boolean; onClose: () => void }) {
  const form = useForm({ resolver: zodResolver(schema), defaultValues: shown(user) });
  const { base, settle } = useBase(user, () => readUser(user.id), described);
  const [problem, setProblem] = useState<unknown>();
  const save = api.useMutation('patch', '/api/users/{id}', {
    onMutate: () => setProblem(undefined),
    onSuccess: async (saved) => {
      say(`${saved.username} is saved.`);
      onClose();
      await invalidate('/api/users');
    },
    onError: async (error) => setProblem(atFields(await settle(error), form)),
  });
  const submit = form.handleSubmit(({ displayName, email, ...rest }) =>
    save.mutate({
      params: { path: { id: user.id }, header: ifMatch(base) },
      body: { ...rest, displayName: displayName || CLEARED, email: email || CLEARED },
    }),
  );
  const { control } = form;
  const role = useWatch({ control, name: 'role' });
  return (
    <FormDialog title={`Edit ${user.username}`} size="normal" isDirty={form.formState.isDirty} onClose={onClose}>
      {(close) => (
        <form className="flex flex-col gap-4" onSubmit={submit} noValidate>
          <TextField control={control} name="username" label="User name" autoComplete="off" />
          <TextField control={control} name="displayName" label="Display name (optional)" autoComplete="off" />
          <TextField control={control} name="email" label="E-mail (optional)" type="email" autoComplete="off" />
          <SelectField
            control={control}
            name="role"
            label="Role"
            options={ROLE_OPTIONS}
            {...(user.identities.length > 0 && { help: 'The identity provider sets it anew at each sign-in there.' })}
          />
          {isMe && role !== 'admin' && (
            <Warning>
              This is you. You will be no administrator any more at once, and somebody else has to make you one again.
            </Warning>
          )}
          <Problem error={problem} />
          <DialogActions>
            <Button onPress={close}>Cancel</Button>
            <Button kind={isMe && role !== 'admin' ? 'danger' : 'primary'} type="submit" isPending={save.isPending}>
              Save user
            </Button>
          </DialogActions>
        </form>
      )}
    </FormDialog>
  );
}
