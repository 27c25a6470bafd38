import type { ServerList } from '@/api/schema';
import { ButtonLink } from '@/ui/Button';
import { Pages } from '@/ui/Pages';
import { EmptyState, ErrorState, Skeleton } from '@/ui/States';
import { Tile } from './Tile';

interface TilesProps {
  list: { data?: ServerList | undefined; error: unknown; refetch: () => unknown };
  isFiltered: boolean;
  onPage: (page: number) => void;
}

/** Servers as tiles, or why there are none. */
export function Tiles({ list: { data, error, refetch }, isFiltered, onPage }: TilesProps) {
  if (!data && error) return <ErrorState error={error} onRetry={refetch} />;
  if (!data) return <Skeleton lines={3} className="h-40" />;
  if (data.servers.length === 0 && data.pagination.page === 1) return <Empty isFiltered={isFiltered} />;
  return (
    <>
      <ul className="grid grid-cols-1 gap-4 md:grid-cols-2 xl:grid-cols-3">
        {data.servers.map((server) => (
          <Tile key={server.id} server={server} />
        ))}
      </ul>
      <Pages pagination={data.pagination} onPage={onPage} noun="servers" />
    </>
  );
}

function Empty({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered)
    return (
      <EmptyState icon="health" title="No such servers">
        Choose “Total” to see all, or search for something else.
      </EmptyState>
    );
  return (
    <EmptyState icon="health" title="No servers yet" action={<ButtonLink to="/servers">To the servers</ButtonLink>}>
      Servers are checked by themselves once they are registered.
    </EmptyState>
  );
}
