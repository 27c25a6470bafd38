import type { ReactNode } from 'react';
import type { Server } from '@/api/schema';
import { milliseconds } from '@/ui/format';
import { Time } from '@/ui/Time';
import { TRANSPORTS } from '../words';

/** Where a server is, and how it does. */
export function CardFacts({ server }: { server: Server }) {
  return (
    <dl className="grid grid-cols-2 gap-x-3 gap-y-1.5 text-sm">
      <div className="col-span-2 min-w-0">
        <dt className="sr-only">Endpoint</dt>
        <dd className="flex items-baseline gap-2">
          <span className="min-w-0 truncate font-mono text-xs" title={server.endpointUrl}>
            {server.endpointUrl}
          </span>
          <span className="ml-auto text-xs whitespace-nowrap text-quiet">{TRANSPORTS[server.transportType]}</span>
        </dd>
      </div>
      <SmallFact name="Last check">
        <Time moment={server.lastHealthCheck} absent="never" />
      </SmallFact>
      <SmallFact name="Response, mean">{milliseconds(server.avgResponseTime)}</SmallFact>
    </dl>
  );
}

function SmallFact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-wrap gap-x-1.5">
      <dt className="text-quiet">{name}</dt>
      <dd className="tabular-nums">{children}</dd>
    </div>
  );
}
