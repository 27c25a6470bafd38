import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { api, ifMatch } from '@/api/client';
import { ApiError } from '@/api/error';
import { invalidate } from '@/api/query';
import type { ApiKey } from '@/api/schema';
import { Button } from '@/ui/Button';
import { Dialog, DialogActions } from '@/ui/Dialog';
import { atFields } from '@/ui/form';
import { Problem } from '@/ui/Problem';
import { say } from '@/ui/Toast';
import { NameFields, RightsFields, RotationFields } from './KeyFields';
import { type ChangeForm, changeRequest, changeSchema, formOf } from './schema';

/** Changes what a key is called and may do. */
export function ChangeKey({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  // After a conflict the change is made from the key as it is then; what was typed stays.
  const [base, setBase] = useState(apiKey);
  const [problem, setProblem] = useState<unknown>();
  const form = useForm<ChangeForm>({
    resolver: zodResolver(changeSchema),
    defaultValues: formOf(apiKey),
    mode: 'onTouched',
  });
  const latest = api.useQuery('get', '/api/api-keys/{id}', { params: { path: { id: apiKey.id } } });
  const change = api.useMutation('patch', '/api/api-keys/{id}', {
    onError: async (error: unknown) => {
      setProblem(atFields(changed(error), form));
      const { data } = await latest.refetch();
      if (data) setBase(data);
    },
    onSuccess: async () => {
      say('The key is changed.');
      onClose();
      await invalidate('/api/api-keys');
    },
  });
  const submit = (values: ChangeForm) =>
    change.mutate({ params: { path: { id: base.id }, header: ifMatch(base) }, body: changeRequest(values) });
  return (
    <Dialog title={`Edit ${apiKey.name}`} isOpen onClose={onClose}>
      <form noValidate className="flex flex-col gap-4" onSubmit={form.handleSubmit(submit)}>
        <NameFields control={form.control} />
        <RightsFields control={form.control} />
        <RotationFields control={form.control} />
        <Problem error={problem} />
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" isPending={change.isPending}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function changed(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.status !== 412) return error;
  return new ApiError(
    412,
    'Somebody else changed this key meanwhile. What you typed is still here: save again to put it in place of their change.',
    { code: error.code, requestId: error.requestId },
  );
}
