import { useState } from 'react';
import { useTenants } from '@/api/tenants';
import { Button } from '@/ui/Button';
import { classes } from '@/ui/class';
import { PickUser } from '@/ui/PickUser';
import { Select } from '@/ui/Select';
import { IdField } from './IdField';
import { MomentField } from './MomentField';
import { filterOf } from './query';
import type { AuditSearch } from './search';
import { EVENTS, known, RESOURCES } from '@/ui/events';

const ANY = 'any';

interface FiltersProps {
  search: AuditSearch;
  onChange: (part: Partial<AuditSearch>) => void;
  onClear: () => void;
}

const options = (all: string, words: Record<string, string>) => [
  { id: ANY, name: all },
  ...Object.entries(words).map(([id, name]) => ({ id, name })),
];
const unlessAny = (id: string) => (id === ANY ? undefined : id);

/** What narrows the log. Each filter is part of the address. */
export function Filters({ search, onChange, onClear }: FiltersProps) {
  // On a phone they would fill the screen.
  const [isOpen, setOpen] = useState(false);
  const isFiltered = Object.keys(filterOf(search)).length > 0;
  const tenants = useTenants();
  const names = Object.fromEntries(tenants.map(({ id, name }) => [id, name]));
  return (
    <search aria-label="Filters of the audit log" className="flex flex-col gap-3">
      <Button className="w-full sm:hidden" aria-expanded={isOpen} onPress={() => setOpen(!isOpen)}>
        {isOpen ? 'Hide the filters' : isFiltered ? 'Change the filters' : 'Filter'}
      </Button>
      <div
        className={classes('card grid items-end gap-3 p-4 sm:grid-cols-2 lg:grid-cols-4', !isOpen && 'max-sm:hidden')}
      >
        <Select
          label="Event"
          options={options('Any event', EVENTS)}
          value={known(EVENTS, search.eventType) ?? ANY}
          onChange={(id) => onChange({ eventType: unlessAny(id) })}
        />
        <Select
          label="Happened to"
          options={options('Anything', RESOURCES)}
          value={known(RESOURCES, search.resourceType) ?? ANY}
          onChange={(id) => onChange({ resourceType: unlessAny(id) })}
        />
        <MomentField label="From" value={search.from} onChange={(from) => onChange({ from })} />
        <MomentField label="To before" value={search.to} onChange={(to) => onChange({ to })} />
        <PickUser
          label="Done by"
          placeholder="Anybody"
          value={search.actorId}
          onChange={(actorId) => onChange({ actorId })}
        />
        <IdField
          label="Resource id"
          value={search.resourceId}
          onChange={(resourceId) => onChange({ resourceId })}
          isUuid
        />
        <IdField label="Request id" value={search.requestId} onChange={(requestId) => onChange({ requestId })} />
        <Select
          label="Tenant"
          options={options('All tenants', names)}
          value={known(names, search.tenantId) ?? ANY}
          onChange={(id) => onChange({ tenantId: unlessAny(id) })}
        />
        {isFiltered && (
          <div className="col-span-full">
            <Button size="small" onPress={onClear}>
              Clear the filters
            </Button>
          </div>
        )}
      </div>
    </search>
  );
}
