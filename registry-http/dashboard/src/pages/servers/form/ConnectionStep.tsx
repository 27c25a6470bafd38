import { type Control, useWatch } from 'react-hook-form';
import { useMe } from '@/api/me';
import type { AuthType, Server, Transport } from '@/api/schema';
import { TextField } from '@/ui/Field';
import type { Option } from '@/ui/Select';
import { SelectField } from '@/ui/Select';
import { AUTH_TYPES, TRANSPORTS } from '../words';
import { CredentialFields } from './CredentialFields';
import { KeepAfterAll, KeptCredentials } from './KeptCredentials';
import type { ServerValues } from './schema';

const TRANSPORT_HELP: Record<Transport, string> = {
  http: 'What most servers speak today.',
  sse: 'HTTP servers of 2024.',
  websocket: 'One message in a text frame.',
  stdio: 'A process on the registry’s machine, by one of the operator’s launchers.',
};

const PLACEHOLDERS: Record<Exclude<Transport, 'stdio'>, string> = {
  http: 'https://weather.example/mcp',
  sse: 'https://weather.example/sse',
  websocket: 'wss://weather.example/mcp',
};

const KINDS = Object.entries(AUTH_TYPES).map(([id, name]) => ({ id: id as AuthType, name }));

interface StepProps {
  control: Control<ServerValues>;
  server?: Server | undefined;
}

/** Where the server is, and what it wants to know who calls. */
export function ConnectionStep({ control, server }: StepProps) {
  const me = useMe();
  const transport = useWatch({ control, name: 'transportType' });
  const isLaunched = transport === 'stdio';
  const options: Option<Transport>[] = (['http', 'sse', 'websocket', 'stdio'] as const)
    .filter((id) => id !== 'stdio' || me.role === 'admin' || isLaunched)
    .map((id) => ({ id, name: TRANSPORTS[id], help: TRANSPORT_HELP[id] }));
  return (
    <>
      <SelectField control={control} name="transportType" label="Transport" options={options} />
      {isLaunched ? (
        <TextField
          control={control}
          name="launcher"
          label="Launcher"
          help="Its name in the operator’s file. What the process needs to know is in that file too."
          isRequired
          monospace
        />
      ) : (
        <>
          <TextField
            control={control}
            name="endpointUrl"
            label="Endpoint URL"
            inputMode="url"
            placeholder={PLACEHOLDERS[transport]}
            isRequired
            monospace
          />
          <Credentials control={control} server={server} />
        </>
      )}
    </>
  );
}

function Credentials({ control, server }: StepProps) {
  const keeps = useWatch({ control, name: 'keepsCredentials' });
  if (server && keeps) return <KeptCredentials control={control} server={server} />;
  return (
    <>
      {server && server.authType !== 'none' && <KeepAfterAll control={control} server={server} />}
      <SelectField control={control} name="authType" label="Authentication" options={KINDS} />
      <CredentialFields control={control} />
    </>
  );
}
