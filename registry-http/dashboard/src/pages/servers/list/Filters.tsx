import { useCallback } from 'react';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { Search } from '@/ui/Search';
import { type Option, Select } from '@/ui/Select';
import type { ServerListSearch } from '../search';
import { TagFilter } from './TagFilter';
import { ViewToggle } from './ViewToggle';

type Change = (change: Partial<ServerListSearch>) => void;

const ANY = 'any';
const STATES: readonly Option[] = [
  { id: ANY, name: 'Any state' },
  { id: 'active', name: 'Active' },
  { id: 'inactive', name: 'Stopped' },
  { id: 'maintenance', name: 'Maintenance' },
  { id: 'error', name: 'Error' },
];
const HEALTH: readonly Option[] = [
  { id: ANY, name: 'Any health' },
  { id: 'healthy', name: 'Healthy' },
  { id: 'degraded', name: 'Degraded' },
  { id: 'unhealthy', name: 'Unhealthy' },
  { id: 'unknown', name: 'Unknown' },
];
const SORTS: readonly Option<NonNullable<ServerListSearch['sort']>>[] = [
  { id: 'name', name: 'By name' },
  { id: 'status', name: 'By state' },
  { id: 'createdAt', name: 'By registration' },
  { id: 'updatedAt', name: 'By last change' },
];

/** Which servers are shown, and in which order. Each change is part of the address. */
export function Filters({ search, onChange }: { search: ServerListSearch; onChange: Change }) {
  const find = useCallback((text: string) => onChange({ search: text || undefined }), [onChange]);
  return (
    <div className="flex flex-col gap-3" role="search" aria-label="Servers">
      <div className="grid grid-cols-2 items-center gap-2 *:first:col-span-full sm:flex sm:flex-wrap">
        <Search label="Search name or description" value={search.search ?? ''} onSearch={find} />
        <Select
          label="State"
          hideLabel
          options={STATES}
          value={search.status ?? ANY}
          onChange={(id) => onChange({ status: id === ANY ? undefined : (id as ServerListSearch['status']) })}
        />
        <Select
          label="Health"
          hideLabel
          options={HEALTH}
          value={search.health ?? ANY}
          onChange={(id) => onChange({ health: id === ANY ? undefined : (id as ServerListSearch['health']) })}
        />
        <TagFilter
          tags={search.tags ?? []}
          onChange={(tags) => onChange({ tags: tags.length > 0 ? tags : undefined })}
        />
        <div className="col-span-full flex items-center gap-2 lg:ml-auto">
          <Sorting search={search} onChange={onChange} />
          <ViewToggle view={search.view ?? 'cards'} onChange={(view) => onChange({ view })} />
        </div>
      </div>
    </div>
  );
}

function Sorting({ search, onChange }: { search: ServerListSearch; onChange: Change }) {
  const order = search.order ?? 'asc';
  return (
    <>
      <Select
        label="Sort"
        hideLabel
        options={SORTS}
        value={search.sort ?? 'name'}
        onChange={(sort) => onChange({ sort, order: sort === 'createdAt' || sort === 'updatedAt' ? 'desc' : 'asc' })}
      />
      <Button
        aria-label={order === 'asc' ? 'Ascending: turn round' : 'Descending: turn round'}
        onPress={() => onChange({ order: order === 'asc' ? 'desc' : 'asc' })}
      >
        <Icon name="chevron" className={`size-4 ${order === 'asc' ? '-rotate-90' : 'rotate-90'}`} />
      </Button>
    </>
  );
}
