import { useCallback } from 'react';
import { kept } from '@/api/kept';
import type { ServerList } from '@/api/schema';
import { Pages } from '@/ui/Pages';
import { Select } from '@/ui/Select';
import { ErrorState, Skeleton } from '@/ui/States';
import { Checkbox } from '@/ui/Switch';
import { WindowGrid } from '@/ui/WindowGrid';
import type { ServerListSearch } from '../search';
import { NoServers } from './NoServers';
import { USUAL_SIZE, useServers } from './query';
import type { Selection } from './selection';
import { ServerCard } from './ServerCard';
import { ServersTable } from './ServersTable';

interface ServersProps {
  search: ServerListSearch;
  onChange: (change: Partial<ServerListSearch>) => void;
  onAdd: (() => void) | undefined;
  selection: Selection;
}

const CARD_WIDTH = 320;
const CARD_HEIGHT = 285;
const SIZES = ['25', '50', '100'].map((id) => ({ id, name: `${id} a page` }));

/** The servers that the address is about. */
export function Servers({ search, onChange, onAdd, selection }: ServersProps) {
  const list = useServers(search);
  const { isPlaceholderData } = list;
  const { data, error, refetch } = kept(list);
  if (error) return <ErrorState error={error} onRetry={refetch} />;
  if (!data) return <Skeleton lines={3} className="h-56" />;
  const { search: text, status, health, tags } = search;
  if (data.servers.length === 0 && data.pagination.total === 0) {
    return (
      <NoServers
        isFiltered={[text, status, health, tags].some(Boolean)}
        onAdd={onAdd}
        onShowAll={() => onChange({ search: undefined, status: undefined, health: undefined, tags: undefined })}
      />
    );
  }
  return (
    <div className={`flex flex-col gap-4 ${isPlaceholderData ? 'opacity-60' : ''}`} aria-busy={isPlaceholderData}>
      <Shown data={data} search={search} onChange={onChange} selection={selection} />
      <div className="flex flex-wrap items-center justify-end gap-x-6 gap-y-3">
        <div className="flex-1">
          <Pages pagination={data.pagination} noun="servers" onPage={(page) => goTo(page, onChange)} />
        </div>
        <Select
          label="Servers a page"
          hideLabel
          options={SIZES}
          value={String(search.size ?? USUAL_SIZE)}
          onChange={(size) => onChange({ size: Number(size) as ServerListSearch['size'] })}
        />
      </div>
    </div>
  );
}

function goTo(page: number, onChange: ServersProps['onChange']) {
  onChange({ page });
  window.scrollTo({ top: 0 });
}

function Shown(props: Omit<ServersProps, 'onAdd'> & { data: ServerList }) {
  const { data, selection, search, onChange } = props;
  if (search.view !== 'table') return <Cards {...props} />;
  return (
    <ServersTable
      servers={data.servers}
      selection={selection}
      search={search}
      onSort={(sort, order) => onChange({ sort, order })}
    />
  );
}

function Cards({ data: { servers }, search, onChange, selection }: Parameters<typeof Shown>[0]) {
  const { tags } = search;
  const addTag = useCallback(
    (tag: string) => onChange({ tags: [...new Set([...(tags ?? []), tag])] }),
    [onChange, tags],
  );
  const chosen = servers.filter(({ id }) => selection.has(id)).length;
  return (
    <>
      <Checkbox
        isSelected={chosen > 0 && chosen === servers.length}
        isIndeterminate={chosen > 0 && chosen < servers.length}
        onChange={(isChosen) => selection.set(servers, isChosen)}
      >
        Choose all of this page
      </Checkbox>
      <WindowGrid
        label="Servers"
        items={servers}
        itemWidth={CARD_WIDTH}
        itemHeight={CARD_HEIGHT}
        keyOf={({ id }) => id}
      >
        {(server) => (
          <ServerCard server={server} isChosen={selection.has(server.id)} onChoose={selection.set} onTag={addTag} />
        )}
      </WindowGrid>
    </>
  );
}
