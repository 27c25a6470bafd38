import { Fact } from '@/ui/Page';
import { AUTH_TYPES, TRANSPORTS } from '../words';
import type { ServerValues } from './schema';

/** What is about to be saved, at a glance. */
export function Summary({ values }: { values: ServerValues }) {
  const isLaunched = values.transportType === 'stdio';
  return (
    <dl className="grid grid-cols-1 gap-3 rounded-lg bg-sunken p-3 sm:grid-cols-3 sm:*:last:col-span-3">
      <Fact name="Name">{values.name}</Fact>
      <Fact name="Transport">{TRANSPORTS[values.transportType]}</Fact>
      <Fact name="Authentication">{AUTH_TYPES[isLaunched ? 'none' : values.authType]}</Fact>
      <Fact name={isLaunched ? 'Launcher' : 'Endpoint'}>
        <span className="font-mono text-sm">{isLaunched ? values.launcher : values.endpointUrl}</span>
      </Fact>
    </dl>
  );
}
