import { client, ifMatch } from '@/api/client';
import type { Tenant } from '@/api/schema';
import { ConfirmChange } from '@/ui/ConfirmChange';
import { Warning } from '@/ui/Warning';
import { readTenant } from './read';

interface EndProps {
  tenant: Tenant;
  onClose: () => void;
}

/** Where a tenant is, and from which revision it is changed. */
const at = (tenant: Tenant) => ({ path: { id: tenant.id }, header: ifMatch(tenant) });

/** Disables a tenant, or enables it again. */
export function DisableTenant({ tenant, isOwn, onClose }: EndProps & { isOwn: boolean }) {
  const disabled = !tenant.disabled;
  return (
    <ConfirmChange
      title={`${disabled ? 'Disable' : 'Enable'} ${tenant.name}?`}
      action={disabled ? 'Disable tenant' : 'Enable tenant'}
      kind={disabled ? 'danger' : 'primary'}
      record={tenant}
      read={() => readTenant(tenant.id)}
      change={(base) => client.PUT('/api/tenants/{id}', { params: at(base), body: { disabled } })}
      done={`${tenant.name} is ${disabled ? 'disabled' : 'enabled'}.`}
      changes={['/api/tenants']}
      onClose={onClose}
    >
      <p>
        {disabled
          ? 'The keys, tokens and sessions of its users are refused, at once. They are good again when it is enabled.'
          : 'The keys, tokens and sessions of its users are good again, as far as they have not run out.'}
      </p>
      {isOwn && disabled && <Warning>This is your own tenant: you can do nothing any more yourself, at once.</Warning>}
    </ConfirmChange>
  );
}

/** Removes a tenant for good. */
export function RemoveTenant({ tenant, onClose }: EndProps) {
  return (
    <ConfirmChange
      title={`Remove ${tenant.name}?`}
      action="Remove tenant"
      record={tenant}
      read={() => readTenant(tenant.id)}
      change={(base) => client.DELETE('/api/tenants/{id}', { params: at(base) })}
      done={`${tenant.name} is removed.`}
      changes={['/api/tenants']}
      onClose={onClose}
    >
      <p>Only a tenant without users and servers can be removed. Its audit log stays.</p>
    </ConfirmChange>
  );
}
