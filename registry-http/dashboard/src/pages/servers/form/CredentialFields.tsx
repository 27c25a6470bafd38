import { type Control, useWatch } from 'react-hook-form';
import { TextField } from '@/ui/Field';
import { HeadersField } from './HeadersField';
import type { ServerValues } from './schema';

interface Props {
  control: Control<ServerValues>;
}

/** What the chosen kind of credentials needs. It is stored encrypted, and never shown again. */
export function CredentialFields({ control }: Props) {
  switch (useWatch({ control, name: 'authType' })) {
    case 'none':
      return <p className="text-sm text-quiet">The server is called without credentials.</p>;
    case 'bearer':
      return (
        <TextField
          {...secret}
          control={control}
          name="authConfig.bearerToken"
          label="Token"
          help="Sent as Authorization: Bearer. It is stored encrypted, and never shown again."
        />
      );
    case 'api_key':
      return <ApiKeyFields control={control} />;
    case 'custom':
      return <HeadersField control={control} />;
    case 'oauth':
      return <OauthFields control={control} />;
  }
}

const secret = { type: 'password', autoComplete: 'off', isRequired: true, monospace: true } as const;

function ApiKeyFields({ control }: Props) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField
        control={control}
        name="authConfig.apiKeyHeader"
        label="Header"
        placeholder="X-API-Key"
        help="X-API-Key unless you say otherwise."
        monospace
      />
      <TextField
        {...secret}
        control={control}
        name="authConfig.apiKey"
        label="Key"
        help="Stored encrypted, and never shown again."
      />
    </div>
  );
}

function OauthFields({ control }: Props) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField control={control} name="authConfig.oauth.clientId" label="Client id" isRequired autoComplete="off" />
      <TextField
        {...secret}
        control={control}
        name="authConfig.oauth.clientSecret"
        label="Client secret"
        help="Stored encrypted, and never shown again."
      />
      <TextField control={control} name="authConfig.oauth.scope" label="Scope" help="Optional." monospace />
      <TextField
        control={control}
        name="authConfig.oauth.tokenUrl"
        label="Token URL"
        inputMode="url"
        help="Without it the server is asked where its tokens come from."
        monospace
      />
    </div>
  );
}
