import { zodResolver } from '@hookform/resolvers/zod';
import { useEffect } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { api, client } from '@/api/client';
import { meQuery } from '@/api/me';
import { queryClient } from '@/api/query';
import type { Me } from '@/api/schema';
import { signedIn } from '@/api/session';
import { Button } from '@/ui/Button';
import { Dialog, DialogActions } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Problem } from '@/ui/Problem';

const schema = z.object({ password: z.string().min(1, 'Type your password'), tenant: z.string().trim() });

/** The session is over while the page is open: one signs in over the page, and nothing that was typed is lost. */
export default function SessionEnded({ me }: { me: Me }) {
  useLookAtFocus();
  return (
    <Dialog title="Your session has ended" isOpen onClose={() => undefined} size="small" isHeld>
      <p>What you typed is still here. Sign in as {me.username} to go on.</p>
      <SignInAgain me={me} />
    </Dialog>
  );
}

function SignInAgain({ me }: { me: Me }) {
  const defaultValues = { password: '', tenant: '' };
  const { control, handleSubmit } = useForm({ resolver: zodResolver(schema), defaultValues });
  const signIn = api.useMutation('post', '/api/auth/login', { onSuccess: goOn });
  const send = handleSubmit(({ password, tenant }) =>
    signIn.mutate({ body: { username: me.username, password, ...(tenant && { tenant }) } }),
  );
  return (
    <form className="flex flex-col gap-4" onSubmit={send}>
      <TextField
        control={control}
        name="password"
        label="Password"
        type="password"
        autoComplete="current-password"
        // eslint-disable-next-line jsx-a11y/no-autofocus -- the dialog is there to type in it
        autoFocus
      />
      {signIn.error && (
        <TextField
          control={control}
          name="tenant"
          label="Tenant (optional)"
          help="Needed only if people of several tenants have your user name."
        />
      )}
      <Problem error={signIn.error} />
      <DialogActions>
        <Button onPress={() => window.open('/sign-in', '_blank', 'noopener')}>Sign in in another tab</Button>
        <Button kind="primary" type="submit" isPending={signIn.isPending}>
          Sign in
        </Button>
      </DialogActions>
    </form>
  );
}

/** Who signed in in another tab, such as at an identity provider, comes back to this one. */
function useLookAtFocus() {
  useEffect(() => {
    const look = () => void goOn().catch(() => undefined);
    window.addEventListener('focus', look);
    return () => window.removeEventListener('focus', look);
  }, []);
}

async function goOn() {
  const { data } = await client.GET('/api/users/me');
  if (!data) return;
  signedIn(data);
  queryClient.setQueryData(meQuery.queryKey, data);
  await queryClient.invalidateQueries();
}
