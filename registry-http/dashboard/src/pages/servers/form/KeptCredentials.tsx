import { type Control, useController, useFormState, useWatch } from 'react-hook-form';
import type { Server } from '@/api/schema';
import { Button } from '@/ui/Button';
import { AUTH_TYPES } from '../words';
import type { ServerValues } from './schema';

/** Credentials are stored, and never shown: they stay, unless others are given. */
export function KeptCredentials({ control, server }: { control: Control<ServerValues>; server: Server }) {
  const { field } = useController({ control, name: 'keepsCredentials' });
  const { errors } = useFormState({ control, name: 'authConfig' });
  const url = useWatch({ control, name: 'endpointUrl' });
  const isMoved = originOf(url) !== originOf(server.endpointUrl);
  return (
    <div className="flex flex-col gap-2 rounded-lg border border-line bg-sunken p-3">
      <p>
        <span className="font-medium">{AUTH_TYPES[server.authType]}</span>: credentials are stored. They are never
        shown, and stay as they are.
      </p>
      {isMoved && (
        <p className="text-sm text-warning">
          The server is at another host now. Credentials are not sent to another host than they were given for: give
          them again.
        </p>
      )}
      {errors.authConfig?.message && (
        <p role="alert" className="text-sm text-danger">
          {errors.authConfig.message}
        </p>
      )}
      <div>
        <Button size="small" onPress={() => field.onChange(false)}>
          Give other credentials
        </Button>
      </div>
    </div>
  );
}

/** The way back to the stored credentials. */
export function KeepAfterAll({ control, server }: { control: Control<ServerValues>; server: Server }) {
  const { field } = useController({ control, name: 'keepsCredentials' });
  const { field: kind } = useController({ control, name: 'authType' });
  const keep = () => {
    kind.onChange(server.authType);
    field.onChange(true);
  };
  return (
    <div>
      <Button size="small" kind="quiet" onPress={keep}>
        Keep the stored credentials
      </Button>
    </div>
  );
}

function originOf(url: string): string | undefined {
  return URL.parse(url)?.origin;
}
