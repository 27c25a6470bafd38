import { useNavigate, useSearch } from '@tanstack/react-router';
import { api } from '@/api/client';
import type { AuditEntry, Server } from '@/api/schema';
import { Badge } from '@/ui/Badge';
import { words } from '@/ui/format';
import { Name } from '@/ui/Name';
import { Pages } from '@/ui/Pages';
import { EmptyState, ErrorState, Skeleton } from '@/ui/States';
import { Time } from '@/ui/Time';

const SHOWN = 25;

/** What the audit log says of the server. */
export default function AuditTab({ server }: { server: Server }) {
  const { page = 1 } = useSearch({ from: '/servers/$serverId' });
  const navigate = useNavigate({ from: '/servers/$serverId' });
  const query = { resourceType: 'server' as const, resourceId: server.id, page, limit: SHOWN };
  const { data, error, refetch } = api.useQuery('get', '/api/audit-logs', { params: { query } });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton lines={6} />;
  if (data.entries.length === 0) return <EmptyState icon="audit" title="The audit log says nothing of it" />;
  return (
    <div className="flex flex-col gap-3">
      <ol className="card divide-y divide-line" aria-label="Entries of the audit log">
        {data.entries.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ol>
      <Pages
        pagination={data.pagination}
        noun="entries"
        onPage={(next) => void navigate({ search: { tab: 'audit', page: next } })}
      />
    </div>
  );
}

function Entry({ entry: { eventType, actorId, result, timestamp, ipAddress } }: { entry: AuditEntry }) {
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
      <span className="font-medium">{words(eventType)}</span>
      {result !== 'success' && <Badge tone="danger">{words(result)}</Badge>}
      <span className="text-sm text-quiet">
        by {actorId ? <Name kind="user" id={actorId} /> : 'the service'}
        {ipAddress && ` from ${ipAddress}`}
      </span>
      <span className="ml-auto text-sm text-quiet">
        <Time moment={timestamp} />
      </span>
    </li>
  );
}
