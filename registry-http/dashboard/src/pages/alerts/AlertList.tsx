import type { AlertList as List } from '@/api/schema';
import { Pages } from '@/ui/Pages';
import { EmptyState, ErrorState, Skeleton } from '@/ui/States';
import { AlertsTable, type AlertSelection } from './AlertsTable';

interface AlertListProps {
  list: { data?: List | undefined; error: unknown; refetch: () => unknown };
  selection: AlertSelection;
  isFiltered: boolean;
  onPage: (page: number) => void;
}

/** The alerts, or why there are none. */
export function AlertList({ list: { data, error, refetch }, selection, isFiltered, onPage }: AlertListProps) {
  if (!data && error) return <ErrorState error={error} onRetry={refetch} />;
  if (!data) return <Skeleton lines={5} />;
  if (data.alerts.length === 0 && data.pagination.page === 1)
    return isFiltered ? (
      <EmptyState icon="alert" title="No such alerts">
        Choose another state, severity or type, or another server.
      </EmptyState>
    ) : (
      <EmptyState icon="check" title="Nothing is open">
        Alerts come up here by themselves when a server fails, a key is about to expire, or somebody runs into a limit.
      </EmptyState>
    );
  return (
    <>
      <AlertsTable alerts={data.alerts} selection={selection} />
      <Pages pagination={data.pagination} onPage={onPage} noun="alerts" />
    </>
  );
}
