import { keepPreviousData } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import type { AuditEntry, Server } from '@/api/schema';
import { AuditTable } from '@/pages/audit/AuditTable';
import { Pages } from '@/ui/Pages';
import { EmptyState, ErrorState, Skeleton } from '@/ui/States';

const SHOWN = 25;

/** What the audit log says of the server. */
export default function AuditTab({ server }: { server: Server }) {
  const { page = 1 } = useSearch({ from: '/servers/$serverId' });
  const navigate = useNavigate({ from: '/servers/$serverId' });
  const query = { resourceType: 'server' as const, resourceId: server.id, page, limit: SHOWN };
  const { data, error, refetch } = kept(
    api.useQuery('get', '/api/audit-logs', { params: { query } }, { placeholderData: keepPreviousData }),
  );
  const open = useCallback(
    ({ id: entry, timestamp: at }: AuditEntry) =>
      void navigate({ to: '/audit', search: { resourceId: server.id, entry, at } }),
    [navigate, server.id],
  );
  if (error) return <ErrorState error={error} onRetry={refetch} />;
  if (!data) return <Skeleton lines={6} />;
  if (data.entries.length === 0) return <EmptyState icon="audit" title="The audit log says nothing of it" />;
  return (
    <div className="flex flex-col gap-3">
      <AuditTable entries={data.entries} onOpen={open} />
      <Pages
        pagination={data.pagination}
        noun="entries"
        onPage={(next) => void navigate({ search: { tab: 'audit', page: next } })}
      />
    </div>
  );
}
