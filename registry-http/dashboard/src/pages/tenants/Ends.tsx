import { useState } from 'react';
import { api, ifMatch } from '@/api/client';
import { invalidate } from '@/api/query';
import type { Tenant } from '@/api/schema';
import { useBase } from '@/ui/base';
import { ConfirmDialog } from '@/ui/Dialog';
import { say } from '@/ui/Toast';
import { Warning } from '@/ui/Warning';
import { readTenant } from './read';

interface EndProps {
  tenant: Tenant;
  onClose: () => void;
}

/** Disables a tenant, or enables it again. */
export function DisableTenant({ tenant, isOwn, onClose }: EndProps & { isOwn: boolean }) {
  const { base, settle } = useBase(tenant, () => readTenant(tenant.id));
  const [problem, setProblem] = useState<unknown>();
  const disabled = !tenant.disabled;
  const save = api.useMutation('put', '/api/tenants/{id}', {
    onSuccess: async () => {
      say(`${tenant.name} is ${disabled ? 'disabled' : 'enabled'}.`);
      onClose();
      await invalidate('/api/tenants');
    },
    onError: async (error) => setProblem(await settle(error)),
  });
  const params = { path: { id: tenant.id }, header: ifMatch(base) };
  return (
    <ConfirmDialog
      title={`${disabled ? 'Disable' : 'Enable'} ${tenant.name}?`}
      action={disabled ? 'Disable tenant' : 'Enable tenant'}
      kind={disabled ? 'danger' : 'primary'}
      isOpen
      onClose={onClose}
      onConfirm={() => save.mutate({ params, body: { disabled } })}
      isPending={save.isPending}
      error={problem}
    >
      <p>
        {disabled
          ? 'The keys, tokens and sessions of its users are refused, at once. They are good again when it is enabled.'
          : 'The keys, tokens and sessions of its users are good again, as far as they have not run out.'}
      </p>
      {isOwn && disabled && <Warning>This is your own tenant: you can do nothing any more yourself, at once.</Warning>}
    </ConfirmDialog>
  );
}

/** Removes a tenant for good. */
export function RemoveTenant({ tenant, onClose }: EndProps) {
  const { base, settle } = useBase(tenant, () => readTenant(tenant.id));
  const [problem, setProblem] = useState<unknown>();
  const remove = api.useMutation('delete', '/api/tenants/{id}', {
    onSuccess: async () => {
      say(`${tenant.name} is removed.`);
      onClose();
      await invalidate('/api/tenants');
    },
    onError: async (error) => setProblem(await settle(error)),
  });
  return (
    <ConfirmDialog
      title={`Remove ${tenant.name}?`}
      action="Remove tenant"
      isOpen
      onClose={onClose}
      onConfirm={() => remove.mutate({ params: { path: { id: tenant.id }, header: ifMatch(base) } })}
      isPending={remove.isPending}
      error={problem}
    >
      <p>Only a tenant without users and servers can be removed. Its audit log stays.</p>
    </ConfirmDialog>
  );
}
