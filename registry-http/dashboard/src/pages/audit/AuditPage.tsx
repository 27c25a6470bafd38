import { keepPreviousData } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { api } from '@/api/client';
import { useMe } from '@/api/me';
import { may } from '@/api/session';
import { Button } from '@/ui/Button';
import { NotAllowed } from '@/ui/NotAllowed';
import { Page } from '@/ui/Page';
import { Pages } from '@/ui/Pages';
import { EmptyState, ErrorState, Skeleton } from '@/ui/States';
import { AuditTable } from './AuditTable';
import { ChainState } from './ChainState';
import { EntryDrawer } from './EntryDrawer';
import { ExportDialog } from './ExportDialog';
import { Filters } from './Filters';
import { filterOf } from './query';
import type { AuditSearch } from './search';

const PAGE = 25;

/** Who did what to what, and what came of it. */
export function AuditPage() {
  if (may(useMe(), 'audit:read')) return <Log />;
  return (
    <Page title="Audit log">
      <NotAllowed who="administrators" />
    </Page>
  );
}

function Log() {
  const search = useSearch({ from: '/audit' });
  const navigate = useNavigate({ from: '/audit' });
  const [isExporting, setExporting] = useState(false);
  const filter = filterOf(search);
  const query = { ...filter, page: search.page ?? 1, limit: PAGE };
  const log = api.useQuery('get', '/api/audit-logs', { params: { query } }, { placeholderData: keepPreviousData });
  const narrow = (part: Partial<AuditSearch>) =>
    void navigate({ search: (now) => ({ ...now, ...part, page: undefined, entry: undefined }) });
  const show = useCallback(
    (entry: string | undefined) => void navigate({ search: (now) => ({ ...now, entry }), resetScroll: false }),
    [navigate],
  );
  const shown = log.data?.entries.find(({ id }) => id === search.entry);
  return (
    <Page title="Audit log" actions={<Button onPress={() => setExporting(true)}>Export</Button>}>
      <Filters search={search} onChange={narrow} onClear={() => void navigate({ search: {} })} />
      {log.error ? (
        <ErrorState error={log.error} onRetry={log.refetch} />
      ) : !log.data ? (
        <Skeleton lines={8} />
      ) : log.data.entries.length === 0 ? (
        <EmptyState icon="audit" title="Nothing in the log fits">
          Widen the time, or clear the filters.
        </EmptyState>
      ) : (
        <>
          {search.entry && !shown && (
            <p role="status" className="text-quiet">
              The entry of this address is not on this page of the log. Narrow the filters to find it.
            </p>
          )}
          <AuditTable entries={log.data.entries} onOpen={show} />
          <Pages
            pagination={log.data.pagination}
            noun="entries"
            onPage={(page) => void navigate({ search: (now) => ({ ...now, page, entry: undefined }) })}
          />
          <ChainState entries={log.data.entries} />
        </>
      )}
      {shown && (
        <EntryDrawer
          entry={shown}
          onClose={() => show(undefined)}
          onPivot={(part) => void navigate({ search: part })}
        />
      )}
      {isExporting && (
        <ExportDialog filter={filter} total={log.data?.pagination.total ?? 0} onClose={() => setExporting(false)} />
      )}
    </Page>
  );
}
