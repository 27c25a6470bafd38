import type { ReactNode } from 'react';
import type { Server } from '@/api/schema';
import { milliseconds } from '@/ui/format';
import { Time } from '@/ui/Time';

/** Where a server is, and how it does. */
export function CardFacts({ server }: { server: Server }) {
  return (
    <dl className="grid grid-cols-2 gap-x-3 gap-y-1.5 text-sm">
      <div className="col-span-2 min-w-0">
        <dt className="sr-only">Endpoint</dt>
        <dd className="truncate font-mono text-xs" title={server.endpointUrl}>
          {server.endpointUrl}
        </dd>
      </div>
      <SmallFact name="Last check">
        <Time moment={server.lastHealthCheck} absent="never" />
      </SmallFact>
      <SmallFact name="Mean response">{milliseconds(server.avgResponseTime)}</SmallFact>
    </dl>
  );
}

function SmallFact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-quiet">{name}</dt>
      <dd className="tabular-nums">{children}</dd>
    </div>
  );
}
