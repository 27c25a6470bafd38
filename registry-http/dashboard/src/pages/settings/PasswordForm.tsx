import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { api } from '@/api/client';
import { invalidate } from '@/api/query';
import type { Me } from '@/api/schema';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { atFields } from '@/ui/form';
import { newPassword, PASSWORD_HELP } from '@/ui/person';
import { Problem } from '@/ui/Problem';
import { say } from '@/ui/Toast';

const EMPTY = { currentPassword: '', newPassword: '', repeated: '' };
const LABELS = { currentPassword: 'Current password', newPassword: 'New password' };

/** Who signs in elsewhere may have no password yet. */
function schemaFor(mayHaveNone: boolean) {
  const currentPassword = mayHaveNone ? z.string() : z.string().min(1, 'Type the password that you have now');
  const fields = z.object({ currentPassword, newPassword, repeated: z.string() });
  return fields.refine(({ newPassword, repeated }) => newPassword === repeated, {
    path: ['repeated'],
    message: 'This is not the same as the new password',
    when: () => true,
  });
}

/** One's own password. */
export function PasswordForm({ me }: { me: Me }) {
  const mayHaveNone = me.identities.length > 0;
  const form = useForm({ resolver: zodResolver(schemaFor(mayHaveNone)), defaultValues: EMPTY });
  const [problem, setProblem] = useState<unknown>();
  const change = api.useMutation('put', '/api/users/me/password', {
    onMutate: () => setProblem(undefined),
    onSuccess: async () => {
      form.reset(EMPTY);
      say('The password is changed, and your other sessions have ended.');
      await invalidate('/api/users/me/sessions');
    },
    onError: (error) => setProblem(atFields(error, form, LABELS)),
  });
  const submit = form.handleSubmit(({ currentPassword, newPassword }) =>
    change.mutate({ body: { ...(currentPassword && { currentPassword }), newPassword } }),
  );
  const { control } = form;
  return (
    <form className="card flex flex-col gap-4 p-4 sm:p-5" onSubmit={submit} noValidate>
      {/* For password managers, which have to know whose password it is. */}
      <input type="text" autoComplete="username" value={me.username} readOnly hidden />
      <TextField
        control={control}
        name="currentPassword"
        label="Current password"
        type="password"
        autoComplete="current-password"
        {...(mayHaveNone && { help: 'Leave it empty if you have none yet.' })}
      />
      <TextField
        control={control}
        name="newPassword"
        label="New password"
        type="password"
        autoComplete="new-password"
        help={PASSWORD_HELP}
      />
      <TextField
        control={control}
        name="repeated"
        label="New password again"
        type="password"
        autoComplete="new-password"
      />
      <Problem error={problem} />
      <div className="flex flex-wrap items-center gap-3">
        <Button kind="primary" type="submit" isPending={change.isPending}>
          Change password
        </Button>
        <p className="text-sm text-quiet">Your other sessions end with it.</p>
      </div>
    </form>
  );
}
