import type { ReactNode } from 'react';
import type { Server } from '@/api/schema';
import { count, milliseconds } from '@/ui/format';
import { Time } from '@/ui/Time';
import { useUsageOf } from './usage';

/** Where a server is, and how it does. */
export function CardFacts({ server }: { server: Server }) {
  const usage = useUsageOf(server.id);
  return (
    <dl className="grid grid-cols-2 gap-x-3 gap-y-1.5 text-sm sm:grid-cols-[auto_auto_auto] sm:justify-between">
      <div className="col-span-full min-w-0">
        <dt className="sr-only">Endpoint</dt>
        <dd className="truncate font-mono text-xs" title={server.endpointUrl}>
          {server.endpointUrl}
        </dd>
      </div>
      <SmallFact name="Last check">
        <Time moment={server.lastHealthCheck} absent="never" />
      </SmallFact>
      <SmallFact name="Response">{milliseconds(usage?.responseTimes?.average ?? server.avgResponseTime)}</SmallFact>
      <SmallFact name="Calls in 24 h">{count(usage?.requests)}</SmallFact>
    </dl>
  );
}

function SmallFact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-quiet">{name}</dt>
      <dd className="tabular-nums">{children}</dd>
    </div>
  );
}
