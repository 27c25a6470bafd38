import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { type Control, type UseFormReturn, useController, useForm } from 'react-hook-form';
import { api } from '@/api/client';
import { useMe } from '@/api/me';
import { invalidate } from '@/api/query';
import type { CreatedApiKey } from '@/api/schema';
import { Button } from '@/ui/Button';
import { DialogActions } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { atFields } from '@/ui/form';
import { PickServer } from '@/ui/PickServer';
import { PickUser } from '@/ui/PickUser';
import { FormDialog } from '@/ui/FormDialog';
import { Problem } from '@/ui/Problem';
import { More } from '@/ui/More';
import { MoreFields, NameFields, ScopesField } from './KeyFields';
import { type ChangeForm, type MakeForm, makeRequest, makeSchema, newKey } from './schema';

interface MakeKeyProps {
  /** The server and the user that it is for, to begin with. */
  serverId: string | undefined;
  ownerId: string | undefined;
  onClose: () => void;
  onMade: (key: CreatedApiKey) => void;
}

/** Makes a key. */
export function MakeKey({ serverId, ownerId, onClose, onMade }: MakeKeyProps) {
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<MakeForm>({
    resolver: zodResolver(makeSchema),
    defaultValues: newKey(serverId, ownerId),
    mode: 'onTouched',
  });
  const make = api.useMutation('post', '/api/api-keys', {
    onError: (error) => setProblem(atFields(error, form)),
    onSuccess: async (key) => {
      onMade(key);
      await invalidate('/api/api-keys', '/api/overview');
    },
  });
  return (
    <FormDialog title="Generate an API key" size="normal" isDirty={form.formState.isDirty} onClose={onClose}>
      {(close) => (
        <form
          noValidate
          className="flex flex-col gap-4"
          onSubmit={form.handleSubmit((values) => make.mutate({ body: makeRequest(values) }))}
        >
          <Fields form={form} />
          <Problem error={problem} />
          <DialogActions>
            <Button onPress={close}>Cancel</Button>
            <Button type="submit" kind="primary" isPending={make.isPending}>
              Generate key
            </Button>
          </DialogActions>
        </form>
      )}
    </FormDialog>
  );
}

/** What is out of sight until it is wanted, or wrong. */
const MORE = ['tools', 'rotationDays', 'ownerUserId'];

function Fields({ form }: { form: UseFormReturn<MakeForm> }) {
  const me = useMe();
  const { errors } = form.formState;
  // The form of a new key has all fields of the form that changes one.
  const control = form.control as unknown as Control<ChangeForm>;
  return (
    <>
      <NameFields control={control} />
      <ServerField control={form.control} />
      <ScopesField control={control} />
      <TextField
        control={form.control}
        name="expiresInDays"
        label="Expires after (days)"
        inputMode="numeric"
        help="1 to 365. A rotation begins the lifetime anew."
      />
      <More title="Tools, rotation and user" isOpen={MORE.some((name) => name in errors)}>
        <MoreFields control={control} />
        {me.scopes.includes('users:manage') && <OwnerField control={form.control} />}
      </More>
    </>
  );
}

function ServerField({ control }: { control: Control<MakeForm> }) {
  const { field, fieldState } = useController({ control, name: 'serverId' });
  return (
    <PickServer
      label="Server"
      value={field.value}
      onChange={field.onChange}
      problem={fieldState.error?.message}
      help="A key for one server sees and calls no other. Empty: all servers that its owner sees."
    />
  );
}

function OwnerField({ control }: { control: Control<MakeForm> }) {
  const { field, fieldState } = useController({ control, name: 'ownerUserId' });
  return (
    <PickUser
      label="Acts as"
      placeholder="Yourself"
      value={field.value}
      onChange={field.onChange}
      problem={fieldState.error?.message}
      help="The key may do what this user may, as far as its scopes go."
    />
  );
}
