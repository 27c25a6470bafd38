import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { api } from '@/api/client';
import { invalidate } from '@/api/query';
import type { Me } from '@/api/schema';
import { useTenants } from '@/api/tenants';
import { Button } from '@/ui/Button';
import { DialogActions } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { atFields } from '@/ui/form';
import { FormDialog } from '@/ui/FormDialog';
import { email, newPassword, PASSWORD_HELP, personName, username } from '@/ui/person';
import { Problem } from '@/ui/Problem';
import { SelectField } from '@/ui/Select';
import { say } from '@/ui/Toast';
import { ROLE_OPTIONS } from './roles';

const schema = z.object({
  username,
  displayName: personName,
  email,
  role: z.enum(['admin', 'server_owner', 'user']),
  tenantId: z.string(),
  password: z.union([z.literal(''), newPassword]),
});
type Typed = z.infer<typeof schema>;

interface CreateUserProps {
  me: Me;
  onClose: () => void;
  onCreated: (id: string) => void;
}

/** Makes a user. */
export function CreateUser({ me, onClose, onCreated }: CreateUserProps) {
  const tenants = useTenants();
  const defaultValues: Typed = {
    username: '',
    displayName: '',
    email: '',
    role: 'user',
    tenantId: me.tenantId,
    password: '',
  };
  const form = useForm({ resolver: zodResolver(schema), defaultValues });
  const [problem, setProblem] = useState<unknown>();
  const create = api.useMutation('post', '/api/users', {
    onMutate: () => setProblem(undefined),
    onSuccess: async ({ id, username }) => {
      say(`${username} is added.`);
      onClose();
      onCreated(id);
      await invalidate('/api/users');
    },
    onError: (error) => setProblem(atFields(error, form)),
  });
  const submit = form.handleSubmit(({ displayName, email, password, ...rest }) =>
    create.mutate({
      body: { ...rest, ...(displayName && { displayName }), ...(email && { email }), ...(password && { password }) },
    }),
  );
  const { control } = form;
  return (
    <FormDialog title="Add user" size="normal" isDirty={form.formState.isDirty} onClose={onClose}>
      {(close) => (
        <form className="flex flex-col gap-4" onSubmit={submit} noValidate>
          <TextField control={control} name="username" label="User name" help="To sign in with" autoComplete="off" />
          <SelectField control={control} name="role" label="Role" options={ROLE_OPTIONS} />
          <SelectField
            control={control}
            name="tenantId"
            label="Tenant"
            help="It never changes."
            options={tenants.map(({ id, name }) => ({ id, name }))}
          />
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField control={control} name="displayName" label="Display name (optional)" autoComplete="off" />
            <TextField control={control} name="email" label="E-mail (optional)" type="email" autoComplete="off" />
          </div>
          <TextField
            control={control}
            name="password"
            label="First password (optional)"
            type="password"
            autoComplete="new-password"
            help={`${PASSWORD_HELP} Without one the user signs in at an identity provider only, or uses keys.`}
          />
          <Problem error={problem} />
          <DialogActions>
            <Button onPress={close}>Cancel</Button>
            <Button kind="primary" type="submit" isPending={create.isPending}>
              Add user
            </Button>
          </DialogActions>
        </form>
      )}
    </FormDialog>
  );
}
