import { keepPreviousData } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import { useMe } from '@/api/me';
import type { AuditEntry } from '@/api/schema';
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
const NO_ENTRY = { entry: undefined, at: undefined };

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
  const log = kept(
    api.useQuery('get', '/api/audit-logs', { params: { query } }, { placeholderData: keepPreviousData }),
  );
  const narrow = (part: Partial<AuditSearch>) =>
    void navigate({ search: (now) => ({ ...now, ...part, page: undefined, ...NO_ENTRY }) });
  const show = useCallback(
    (shown: Pick<AuditSearch, 'entry' | 'at'>) =>
      void navigate({ search: (now) => ({ ...now, ...shown }), resetScroll: false }),
    [navigate],
  );
  const open = useCallback(({ id, timestamp }: AuditEntry) => show({ entry: id, at: timestamp }), [show]);
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
          <AuditTable entries={log.data.entries} onOpen={open} />
          <Pages
            pagination={log.data.pagination}
            noun="entries"
            onPage={(page) => void navigate({ search: (now) => ({ ...now, page, ...NO_ENTRY }) })}
          />
          <ChainState entries={log.data.entries} />
        </>
      )}
      {search.entry && (
        <EntryDrawer
          key={search.entry}
          id={search.entry}
          at={search.at}
          listed={log.data?.entries.find(({ id }) => id === search.entry)}
          onClose={() => show(NO_ENTRY)}
          onPivot={(part) => void navigate({ search: part })}
        />
      )}
      {isExporting && (
        <ExportDialog filter={filter} total={log.data?.pagination.total ?? 0} onClose={() => setExporting(false)} />
      )}
    </Page>
  );
}
