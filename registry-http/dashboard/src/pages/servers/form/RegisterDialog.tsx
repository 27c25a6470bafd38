import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '@/api/client';
import { ApiError } from '@/api/error';
import { invalidate } from '@/api/query';
import type { RegisteredServer } from '@/api/schema';
import { FormDialog } from '@/ui/FormDialog';
import { Problem } from '@/ui/Problem';
import { SecretOnce } from '@/ui/SecretOnce';
import { say } from '@/ui/Toast';
import { adviceOf } from '../advice';
import { ClientSettings } from '../ClientSettings';
import { registration } from './body';
import { ServerForm } from './ServerForm';
import { useServerForm } from './useServerForm';

/** Registers a server; then its key is shown, this once. */
export default function RegisterDialog({ onClose }: { onClose: () => void }) {
  const [registered, setRegistered] = useState<RegisteredServer>();
  if (registered) return <Registered server={registered} />;
  return <Register onClose={onClose} onRegistered={setRegistered} />;
}

interface RegisterProps {
  onClose: () => void;
  onRegistered: (server: RegisteredServer) => void;
}

function Register({ onClose, onRegistered }: RegisterProps) {
  const model = useServerForm(undefined);
  const register = api.useMutation('post', '/api/servers', {
    onSuccess: (server) => {
      onRegistered(server);
      void invalidate('/api/servers', '/api/overview', '/api/api-keys', '/api/tools');
    },
    onError: model.refuse,
  });
  return (
    <FormDialog title="Register an MCP server" isDirty={model.form.formState.isDirty} onClose={onClose}>
      {(close) => (
        <>
          <ServerForm
            model={model}
            action={register.isPending ? 'Registering …' : 'Register server'}
            isSaving={register.isPending}
            onSave={(values) => register.mutate({ body: registration(values) })}
            onCancel={close}
          />
          <Problem error={register.error} />
          {register.error instanceof ApiError && <p className="text-sm text-quiet">{adviceOf(register.error)}</p>}
        </>
      )}
    </FormDialog>
  );
}

function Registered({ server }: { server: RegisteredServer }) {
  const navigate = useNavigate();
  const go = () => {
    say(`${server.name} is registered.`);
    void navigate({ to: '/servers/$serverId', params: { serverId: server.id } });
  };
  return (
    <SecretOnce title={`${server.name} is registered`} label="API key" secret={server.apiKey} onSaved={go}>
      <p>
        This key reads and calls this one server. Below are the settings of clients; put the key in where they say so.
      </p>
      <ClientSettings server={server} />
    </SecretOnce>
  );
}
