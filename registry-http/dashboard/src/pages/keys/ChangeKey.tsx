import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { api, ifMatch } from '@/api/client';
import { invalidate } from '@/api/query';
import type { ApiKey } from '@/api/schema';
import { useBase } from '@/ui/base';
import { Button } from '@/ui/Button';
import { DialogActions } from '@/ui/Dialog';
import { atFields } from '@/ui/form';
import { FormDialog } from '@/ui/FormDialog';
import { Problem } from '@/ui/Problem';
import { say } from '@/ui/Toast';
import { MoreFields, NameFields, ScopesField } from './KeyFields';
import { readKey } from './read';
import { type ChangeForm, changeRequest, changeSchema, formOf } from './schema';

/** Changes what a key is called and may do. */
export function ChangeKey({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<ChangeForm>({
    resolver: zodResolver(changeSchema),
    defaultValues: formOf(apiKey),
    mode: 'onTouched',
  });
  const path = { id: apiKey.id };
  const { base, settle } = useBase(apiKey, () => readKey(apiKey.id));
  const change = api.useMutation('patch', '/api/api-keys/{id}', {
    onError: async (error) => setProblem(atFields(await settle(error), form)),
    onSuccess: async () => {
      say('The key is changed.');
      onClose();
      await invalidate('/api/api-keys');
    },
  });
  const submit = (values: ChangeForm) =>
    change.mutate({ params: { path, header: ifMatch(base) }, body: changeRequest(values) });
  return (
    <FormDialog title={`Edit ${apiKey.name}`} size="normal" isDirty={form.formState.isDirty} onClose={onClose}>
      {(close) => (
        <form noValidate className="flex flex-col gap-4" onSubmit={form.handleSubmit(submit)}>
          <NameFields control={form.control} />
          <ScopesField control={form.control} />
          <MoreFields control={form.control} />
          <Problem error={problem} />
          <DialogActions>
            <Button onPress={close}>Cancel</Button>
            <Button type="submit" kind="primary" isPending={change.isPending}>
              Save
            </Button>
          </DialogActions>
        </form>
      )}
    </FormDialog>
  );
}
