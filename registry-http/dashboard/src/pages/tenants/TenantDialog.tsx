import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { CLEARED } from '@/api/clear';
import { api, ifMatch } from '@/api/client';
import { invalidate } from '@/api/query';
import type { Tenant } from '@/api/schema';
import { useBase } from '@/ui/base';
import { Button } from '@/ui/Button';
import { DialogActions } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { atFields } from '@/ui/form';
import { FormDialog } from '@/ui/FormDialog';
import { numberOf, optionalNumber } from '@/ui/number';
import { Problem } from '@/ui/Problem';
import { say } from '@/ui/Toast';
import { readTenant } from './read';

const schema = z.object({
  name: z.string().trim().min(1, 'Type a name').max(100, 'At most 100 characters'),
  requestsPerMinute: optionalNumber(1, 1_000_000),
});
/** In place of a record, for one that is not there yet. */
const NONE = { id: '', revision: 0 };

/** Makes a tenant, or changes one. */
export function TenantDialog({ tenant, onClose }: { tenant?: Tenant; onClose: () => void }) {
  const limit = tenant?.requestsPerMinute;
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { name: tenant?.name ?? '', requestsPerMinute: limit === undefined ? '' : String(limit) },
  });
  const { base, settle } = useBase<{ id: string; revision: number }>(tenant ?? NONE, () => readTenant(tenant?.id));
  const [problem, setProblem] = useState<unknown>();
  const options = {
    onMutate: () => setProblem(undefined),
    onSuccess: async ({ name }: Tenant) => {
      say(`${name} is saved.`);
      onClose();
      await invalidate('/api/tenants');
    },
    onError: async (error: unknown) => setProblem(atFields(await settle(error), form)),
  };
  const create = api.useMutation('post', '/api/tenants', options);
  const change = api.useMutation('put', '/api/tenants/{id}', options);
  const submit = form.handleSubmit(({ name, requestsPerMinute }) => {
    const body = { name, requestsPerMinute: numberOf(requestsPerMinute) ?? CLEARED };
    if (tenant) change.mutate({ params: { path: { id: tenant.id }, header: ifMatch(base) }, body });
    else create.mutate({ body });
  });
  return (
    <FormDialog
      title={tenant ? `Edit ${tenant.name}` : 'Add tenant'}
      size="small"
      isDirty={form.formState.isDirty}
      onClose={onClose}
    >
      {(close) => (
        <form className="flex flex-col gap-4" onSubmit={submit} noValidate>
          <TextField control={form.control} name="name" label="Name" autoComplete="off" />
          <TextField
            control={form.control}
            name="requestsPerMinute"
            label="Requests a minute (optional)"
            help="Of all its users together. Empty for what is set for all tenants."
            inputMode="numeric"
          />
          <Problem error={problem} />
          <DialogActions>
            <Button onPress={close}>Cancel</Button>
            <Button kind="primary" type="submit" isPending={create.isPending || change.isPending}>
              {tenant ? 'Save tenant' : 'Add tenant'}
            </Button>
          </DialogActions>
        </form>
      )}
    </FormDialog>
  );
}
