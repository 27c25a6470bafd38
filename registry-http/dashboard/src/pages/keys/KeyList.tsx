import type { ReactNode } from 'react';
import type { ApiKeyList } from '@/api/schema';
import { Pages } from '@/ui/Pages';
import { EmptyState, ErrorState, Skeleton } from '@/ui/States';
import type { KeyActions } from './actions';
import { KeysTable } from './KeysTable';

interface KeyListProps {
  list: { data?: ApiKeyList | undefined; error: unknown; refetch: () => unknown };
  actions: KeyActions;
  isFiltered: boolean;
  onPage: (page: number) => void;
  /** The way to the first key. */
  make: ReactNode;
}

/** The keys, or why there are none. */
export function KeyList({ list: { data, error, refetch }, actions, isFiltered, onPage, make }: KeyListProps) {
  if (!data && error) return <ErrorState error={error} onRetry={refetch} />;
  if (!data) return <Skeleton lines={6} />;
  if (data.apiKeys.length === 0 && data.pagination.page === 1) return <Empty isFiltered={isFiltered} make={make} />;
  return (
    <>
      <KeysTable keys={data.apiKeys} actions={actions} />
      <Pages pagination={data.pagination} onPage={onPage} noun="keys" />
    </>
  );
}

function Empty({ isFiltered, make }: { isFiltered: boolean; make: ReactNode }) {
  if (isFiltered)
    return (
      <EmptyState icon="key" title="No such keys">
        Choose another server or user, or empty the fields.
      </EmptyState>
    );
  return (
    <EmptyState icon="key" title="No keys yet" action={make}>
      {make
        ? 'Programs and MCP clients need a key to get to servers.'
        : 'An administrator, or the owner of a server, makes keys for you. They are listed here.'}
    </EmptyState>
  );
}
