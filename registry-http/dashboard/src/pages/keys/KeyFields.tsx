import type { Control } from 'react-hook-form';
import { useMe } from '@/api/me';
import { ChecksField } from '@/ui/Checks';
import { TextField } from '@/ui/Field';
import { SwitchField } from '@/ui/Switch';
import type { ChangeForm } from './schema';
import { scopesOf } from './scopes';

/** What a key is called, and what it is for. */
export function NameFields({ control }: { control: Control<ChangeForm> }) {
  return (
    <>
      <TextField control={control} name="name" label="Name" isRequired help="Where it is used, such as “CI”." />
      <TextField control={control} name="description" label="Description" rows={2} />
    </>
  );
}

/** What a key may do. */
export function ScopesField({ control }: { control: Control<ChangeForm> }) {
  return <ChecksField control={control} name="scopes" label="What it may do" options={scopesOf(useMe())} />;
}

/** What few keys need. */
export function MoreFields({ control }: { control: Control<ChangeForm> }) {
  return (
    <>
      <TextField
        control={control}
        name="tools"
        label="Only these tools"
        rows={3}
        monospace
        placeholder={'echo\nget_*'}
        help="One name on each line; a * at the end stands for whatever follows. Empty: all tools."
      />
      <TextField control={control} name="rotationDays" label="Rotate every (days)" inputMode="numeric" />
      <SwitchField
        control={control}
        name="auto"
        label="Rotate without being asked"
        help="The key’s owner has 24 hours to fetch the new secret here, while the old one works. If nobody does, the key stops."
      />
    </>
  );
}
