import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { CLEARED } from '@/api/clear';
import { api } from '@/api/client';
import type { OwnServer } from '@/api/order';
import { invalidate } from '@/api/query';
import { Button } from '@/ui/Button';
import { Dialog, DialogActions } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { atFields } from '@/ui/form';
import { numberOf, optionalNumber } from '@/ui/number';
import { Problem } from '@/ui/Problem';
import { say } from '@/ui/Toast';

const rateLimit = z
  .object({ rpm: optionalNumber(1, 10_000), burst: optionalNumber(1, 1_000) })
  .refine(({ rpm, burst }) => burst === '' || rpm !== '', {
    path: ['rpm'],
    message: 'Needed with a number of calls at once',
  })
  .refine(({ rpm, burst }) => rpm === '' || burst !== '', {
    path: ['burst'],
    message: 'Needed with a number of calls a minute',
  });
const schema = z.object({ customSettings: z.object({ timeout: optionalNumber(1_000, 300_000), rateLimit }) });

type Typed = z.infer<typeof schema>;

/** One's own bounds on calls to a server. */
export function LimitsDialog({ own, onClose }: { own: OwnServer; onClose: () => void }) {
  const { server, preference } = own;
  const form = useForm({ resolver: zodResolver(schema), defaultValues: typed(preference) });
  const [problem, setProblem] = useState<unknown>();
  const save = api.useMutation('put', '/api/users/preferences/servers', {
    onMutate: () => setProblem(undefined),
    onSuccess: async () => {
      say(`Your bounds for ${server.name} are saved.`);
      onClose();
      await invalidate('/api/users/preferences');
    },
    onError: (error) => setProblem(atFields(error, form)),
  });
  const submit = form.handleSubmit((typed) =>
    save.mutate({ body: { serverId: server.id, customSettings: bounds(typed) } }),
  );
  return (
    <Dialog title={`Bounds on my calls to ${server.name}`} isOpen onClose={onClose}>
      <p className="text-quiet">
        They hold for your own calls through the gateway, beside the server’s own. Leave a field empty for no bound of
        yours.
      </p>
      <form className="flex flex-col gap-4" onSubmit={submit} noValidate>
        <TextField
          control={form.control}
          name="customSettings.timeout"
          label="Longest wait for an answer, in milliseconds"
          help="1,000 to 300,000"
          inputMode="numeric"
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            control={form.control}
            name="customSettings.rateLimit.rpm"
            label="Calls a minute"
            help="1 to 10,000"
            inputMode="numeric"
          />
          <TextField
            control={form.control}
            name="customSettings.rateLimit.burst"
            label="Calls at once"
            help="1 to 1,000"
            inputMode="numeric"
          />
        </div>
        <Problem error={problem} />
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={save.isPending}>
            Save bounds
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function typed(preference: OwnServer['preference']): Typed {
  const { timeout, rateLimit } = preference?.customSettings ?? {};
  const text = (value: number | undefined) => (value === undefined ? '' : String(value));
  return {
    customSettings: { timeout: text(timeout), rateLimit: { rpm: text(rateLimit?.rpm), burst: text(rateLimit?.burst) } },
  };
}

function bounds({ customSettings: { timeout, rateLimit } }: Typed) {
  const [rpm, burst] = [numberOf(rateLimit.rpm), numberOf(rateLimit.burst)];
  return {
    timeout: numberOf(timeout) ?? CLEARED,
    rateLimit: rpm !== undefined && burst !== undefined ? { rpm, burst } : CLEARED,
  };
}
