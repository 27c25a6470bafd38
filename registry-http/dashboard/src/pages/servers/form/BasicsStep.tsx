import { type Control, useFormState, useWatch } from 'react-hook-form';
import { api } from '@/api/client';
import { useMe } from '@/api/me';
import type { Server } from '@/api/schema';
import { TextField } from '@/ui/Field';
import { SelectField } from '@/ui/Select';
import { SwitchField } from '@/ui/Switch';
import type { ServerValues } from './schema';
import { TagsField } from './TagsField';
import { type NameState, slugOf } from './useNameCheck';
import { GLOBAL } from './values';

interface StepProps {
  control: Control<ServerValues>;
  server?: Server | undefined;
  nameState: NameState;
}

/** What the server is, for people. */
export function BasicsStep({ control, server, nameState }: StepProps) {
  const me = useMe();
  return (
    <>
      <NameField control={control} state={nameState} />
      <TextField control={control} name="description" label="Description" rows={2} help="What it is for. Optional." />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField control={control} name="version" label="Version" help="Such as 1.2.3." isRequired />
        <TextField control={control} name="category" label="Category" help="Optional." />
      </div>
      <TagsField control={control} name="tags" label="Tags" help="Type one, then Enter or a comma. At most 10." />
      <SwitchField
        control={control}
        name="isPublic"
        label="Public"
        help="Every tenant of this registry sees it and can call it."
      />
      {me.role === 'admin' && !server && <TenantField control={control} />}
    </>
  );
}

function NameField({ control, state }: Pick<StepProps, 'control'> & { state: NameState }) {
  const name = useWatch({ control, name: 'name' });
  const { errors } = useFormState({ control, name: 'name' });
  const slug = slugOf(name);
  return (
    <div className="flex flex-col gap-1">
      <TextField control={control} name="name" label="Name" isRequired autoComplete="off" maxLength={100} />
      {!errors.name && slug && (
        <p aria-live="polite" className="text-sm text-quiet">
          {state === 'asking' ? 'Looking whether this name is free …' : state === 'free' ? 'This name is free. ' : ''}
          {state !== 'asking' && (
            <>
              Clients reach the server at <span className="font-mono">/mcp/{slug}</span>.
            </>
          )}
        </p>
      )}
    </div>
  );
}

/** Of the tenants, an administrator sees all. */
function TenantField({ control }: Pick<StepProps, 'control'>) {
  const me = useMe();
  const { data } = api.useQuery('get', '/api/tenants', { params: { query: { limit: 100 } } });
  const others = (data?.tenants ?? []).filter(({ id }) => id !== me.tenantId);
  const options = [
    { id: '', name: 'My tenant' },
    ...others.map(({ id, name }) => ({ id, name })),
    { id: GLOBAL, name: 'Everybody (global)', help: 'It belongs to no tenant, and all of them call it by its name.' },
  ];
  return <SelectField control={control} name="tenantId" label="Whose it is" options={options} />;
}
