import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { CLEARED } from '@/api/clear';
import { api, client, ifMatch } from '@/api/client';
import { meQuery } from '@/api/me';
import { queryClient } from '@/api/query';
import type { Me } from '@/api/schema';
import { saysNow, useBase } from '@/ui/base';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { atFields } from '@/ui/form';
import { email, personName } from '@/ui/person';
import { Problem } from '@/ui/Problem';
import { say } from '@/ui/Toast';

const schema = z.object({ displayName: personName, email });

const shown = ({ displayName = '', email = '' }: Me) => ({ displayName, email });
const described = ({ displayName, email }: Me) =>
  saysNow(`${displayName ?? 'no display name'}, ${email ?? 'no e-mail'}`);
const readMe = async () => (await client.GET('/api/users/me')).data;

/** One's own display name and e-mail address. */
export function ProfileForm({ me }: { me: Me }) {
  const form = useForm({ resolver: zodResolver(schema), defaultValues: shown(me) });
  const { base, setBase, settle } = useBase(me, readMe, described);
  const [problem, setProblem] = useState<unknown>();
  const save = api.useMutation('patch', '/api/users/me', {
    onMutate: () => setProblem(undefined),
    onSuccess: (saved) => {
      setBase(saved);
      form.reset(shown(saved));
      queryClient.setQueryData(meQuery.queryKey, saved);
      say('The profile is saved.');
    },
    onError: async (error) => setProblem(atFields(await settle(error), form)),
  });
  const submit = form.handleSubmit(({ displayName, email }) =>
    save.mutate({
      params: { header: ifMatch(base) },
      body: { displayName: displayName || CLEARED, email: email || CLEARED },
    }),
  );
  return (
    <form className="card flex flex-col gap-4 p-4 sm:p-5" onSubmit={submit} noValidate>
      <TextField control={form.control} name="displayName" label="Display name (optional)" autoComplete="name" />
      <TextField control={form.control} name="email" label="E-mail (optional)" type="email" autoComplete="email" />
      <Problem error={problem} />
      <div>
        <Button kind="primary" type="submit" isPending={save.isPending}>
          Save profile
        </Button>
      </div>
    </form>
  );
}
