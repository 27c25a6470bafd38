import { useState } from 'react';
import { client, ifMatch } from '@/api/client';
import { ApiError } from '@/api/error';
import { invalidate } from '@/api/query';
import type { Server } from '@/api/schema';
import { useBase } from '@/ui/base';
import { FormDialog } from '@/ui/FormDialog';
import { Problem } from '@/ui/Problem';
import { say } from '@/ui/Toast';
import { readServer } from '../actions';
import { adviceOf } from '../advice';
import { change } from './body';
import type { ServerValues } from './schema';
import { ServerForm } from './ServerForm';
import { useServerForm } from './useServerForm';
import { valuesOf } from './values';

/** Changes a server. Only what differs is sent, so that what others changed meanwhile stays. */
export default function EditDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const model = useServerForm(server);
  const { form } = model;
  const { isPending, error, save } = useSave(server, model, onClose);
  return (
    <FormDialog title={`Edit ${server.name}`} isDirty={form.formState.isDirty} onClose={onClose}>
      {(close) => (
        <>
          <ServerForm
            model={model}
            server={server}
            action={isPending ? 'Saving …' : 'Save changes'}
            isSaving={isPending}
            onSave={save}
            onCancel={close}
          />
          <Problem error={error} />
          {error instanceof ApiError && <p className="text-sm text-quiet">{adviceOf(error)}</p>}
        </>
      )}
    </FormDialog>
  );
}

function useSave(server: Server, { form, refuse }: ReturnType<typeof useServerForm>, onSaved: () => void) {
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const path = { id: server.id };
  const read = async () => {
    const data = await readServer(server.id);
    // What somebody else changed is shown where nothing was typed.
    if (data) form.reset(valuesOf(data), { keepDirtyValues: true });
    return data;
  };
  const { base, settle } = useBase(server, read);
  const save = async (values: ServerValues) => {
    setPending(true);
    setError(undefined);
    try {
      const body = change(values, new Set(Object.keys(form.formState.dirtyFields)));
      await client.PUT('/api/servers/{id}', { params: { path, header: ifMatch(base) }, body });
      say(`${values.name} is saved.`);
      onSaved();
      await invalidate('/api/servers', '/api/overview');
    } catch (problem) {
      refuse(problem);
      setError(await settle(problem));
    }
    setPending(false);
  };
  return { isPending, error, save };
}
