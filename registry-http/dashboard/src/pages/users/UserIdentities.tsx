import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { api, ifMatch } from '@/api/client';
import { invalidate } from '@/api/query';
import type { Identity, User } from '@/api/schema';
import { useBase } from '@/ui/base';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { atFields } from '@/ui/form';
import { Section } from '@/ui/Page';
import { Problem } from '@/ui/Problem';
import { say } from '@/ui/Toast';
import { readUser } from './read';

const MOST = 10;
const schema = z.object({
  issuer: z.string().trim().min(1, 'Type the issuer, as its tokens name it'),
  subject: z.string().trim().min(1, 'Type the subject, as the issuer calls the user'),
});
const EMPTY = { issuer: '', subject: '' };

/** As whom a user signs in elsewhere. */
export function UserIdentities({ user }: { user: User }) {
  const form = useForm({ resolver: zodResolver(schema), defaultValues: EMPTY });
  const { base, settle } = useBase(user, () => readUser(user.id));
  const [isAdding, setAdding] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const save = api.useMutation('patch', '/api/users/{id}', {
    onMutate: () => setProblem(undefined),
    onSuccess: async () => {
      say(`The identities of ${user.username} are saved.`);
      await invalidate('/api/users');
    },
    onError: async (error) => setProblem(atFields(await settle(error), form)),
  });
  const change = (identities: Identity[]) =>
    save.mutate({ params: { path: { id: user.id }, header: ifMatch(base) }, body: { identities } });
  const add = form.handleSubmit((identity) => change([...base.identities, identity]));
  const mayAdd = !isAdding && base.identities.length < MOST;
  return (
    <Section
      title="Identities"
      actions={
        mayAdd && (
          <Button size="small" onPress={() => setAdding(true)}>
            Link an identity
          </Button>
        )
      }
    >
      {base.identities.length === 0 && <p className="text-quiet">This user does not sign in elsewhere.</p>}
      <ul className="flex flex-col divide-y divide-line">
        {base.identities.map((identity) => (
          <li key={`${identity.issuer} ${identity.subject}`} className="flex items-start justify-between gap-3 py-2">
            <span className="min-w-0">
              <span className="block">{identity.issuer}</span>
              <span className="block font-mono text-sm text-quiet">{identity.subject}</span>
            </span>
            <Button
              size="small"
              isDisabled={save.isPending}
              aria-label={`Unlink ${identity.subject} at ${identity.issuer}`}
              onPress={() => change(base.identities.filter((other) => other !== identity))}
            >
              Unlink
            </Button>
          </li>
        ))}
      </ul>
      {isAdding && (
        <form className="flex flex-col gap-3" onSubmit={add} noValidate>
          <TextField control={form.control} name="issuer" label="Issuer" placeholder="https://login.example" />
          <TextField control={form.control} name="subject" label="Subject" monospace />
          <div className="flex gap-2">
            <Button kind="primary" type="submit" isPending={save.isPending}>
              Link identity
            </Button>
            <Button onPress={() => setAdding(false)}>Cancel</Button>
          </div>
        </form>
      )}
      <Problem error={problem} />
    </Section>
  );
}
