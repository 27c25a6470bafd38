import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { type UseFormReturn, useForm } from 'react-hook-form';
import { api } from '@/api/client';
import type { Option } from '@/ui/Select';
import { Button } from '@/ui/Button';
import { ChecksField } from '@/ui/Checks';
import { DialogActions } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { atFields } from '@/ui/form';
import { FormDialog } from '@/ui/FormDialog';
import { Problem } from '@/ui/Problem';
import { SelectField } from '@/ui/Select';
import { SwitchField } from '@/ui/Switch';
import { ALERT_TYPES, EVERY_TENANT, SEVERITIES, type WebhookForm, webhookSchema } from './schema';

interface WebhookDialogProps {
  title: string;
  action: string;
  values: WebhookForm;
  /** It exists: whose alerts it is told of cannot be changed. */
  isKept?: boolean;
  onClose: () => void;
  /** Throws what goes beside the fields. */
  onSubmit: (form: WebhookForm) => Promise<void>;
}

/** The form of a webhook. */
export function WebhookDialog({ title, action, values, isKept = false, onClose, onSubmit }: WebhookDialogProps) {
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<WebhookForm>({
    resolver: zodResolver(webhookSchema),
    defaultValues: values,
    mode: 'onTouched',
  });
  const submit = form.handleSubmit(async (typed) => {
    setProblem(undefined);
    await onSubmit(typed).catch((error: unknown) => setProblem(atFields(error, form, { url: 'The address' })));
  });
  return (
    <FormDialog title={title} size="normal" isDirty={form.formState.isDirty} onClose={onClose}>
      {(close) => (
        <form noValidate className="flex flex-col gap-4" onSubmit={submit}>
          <Fields form={form} isKept={isKept} />
          <Problem error={problem} />
          <DialogActions>
            <Button onPress={close}>Cancel</Button>
            <Button type="submit" kind="primary" isPending={form.formState.isSubmitting}>
              {action}
            </Button>
          </DialogActions>
        </form>
      )}
    </FormDialog>
  );
}

function Fields({ form: { control }, isKept }: { form: UseFormReturn<WebhookForm>; isKept: boolean }) {
  const tenants = useTenants();
  return (
    <>
      <TextField control={control} name="name" label="Name" isRequired />
      <TextField
        control={control}
        name="url"
        label="Address"
        type="url"
        isRequired
        placeholder="https://hooks.example.com/mcp"
        help="Messages are posted there, signed as Standard Webhooks has it."
      />
      {!isKept && <SelectField control={control} name="tenant" label="Whose alerts" options={tenants} />}
      <SelectField control={control} name="minSeverity" label="How bad at least" options={SEVERITIES} />
      <ChecksField
        control={control}
        name="alertTypes"
        label="Only alerts of these types"
        help="None chosen: all types."
        options={ALERT_TYPES}
      />
      <SwitchField control={control} name="enabled" label="Switched on" />
    </>
  );
}

const MANY = 100;

function useTenants(): Option[] {
  const { data } = api.useQuery('get', '/api/tenants', { params: { query: { limit: MANY } } });
  const tenants = (data?.tenants ?? []).map(({ id, name }) => ({ id, name: `Those of ${name}` }));
  return [...tenants, { id: EVERY_TENANT, name: 'Those of every tenant, and of none' }];
}
