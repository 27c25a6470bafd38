import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { api, client } from '@/api/client';
import { meQuery } from '@/api/me';
import { queryClient } from '@/api/query';
import type { Me } from '@/api/schema';
import { signedIn, signInPath } from '@/api/session';
import { Button } from '@/ui/Button';
import { Dialog, DialogActions } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Problem } from '@/ui/Problem';

const schema = z.object({ password: z.string().min(1, 'Type your password') });

/** The session is over while the page is open: one signs in over the page, and nothing that was typed is lost. */
export default function SessionEnded({ me }: { me: Me }) {
  return (
    <Dialog title="Your session has ended" isOpen onClose={() => undefined} size="small" isHeld>
      <p>What you typed is still here. Sign in as {me.username} to go on.</p>
      <SignInAgain me={me} />
    </Dialog>
  );
}

function SignInAgain({ me }: { me: Me }) {
  const { control, handleSubmit } = useForm({ resolver: zodResolver(schema), defaultValues: { password: '' } });
  const signIn = api.useMutation('post', '/api/auth/login', { onSuccess: goOn });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={handleSubmit(({ password }) => signIn.mutate({ body: { username: me.username, password } }))}
    >
      <TextField control={control} name="password" label="Password" type="password" autoComplete="current-password" />
      <Problem error={signIn.error} />
      <DialogActions>
        <Button onPress={() => window.location.assign(signInPath())}>Another way, and leave this page</Button>
        <Button kind="primary" type="submit" isPending={signIn.isPending}>
          Sign in
        </Button>
      </DialogActions>
    </form>
  );
}

async function goOn() {
  const { data } = await client.GET('/api/users/me');
  if (!data) return;
  signedIn(data);
  queryClient.setQueryData(meQuery.queryKey, data);
  await queryClient.invalidateQueries();
}
