import { useCallback } from 'react';
import { useTenants } from '@/api/tenants';
import type { Role } from '@/api/schema';
import { ROLES } from '@/ui/roles';
import { Search } from '@/ui/Search';
import { Select } from '@/ui/Select';
import type { UserSearch } from './search';

const ANY = 'any';

interface UserFiltersProps {
  search: UserSearch;
  onChange: (part: Partial<UserSearch>) => void;
}

/** What narrows the list of users. */
export function UserFilters({ search, onChange }: UserFiltersProps) {
  const tenants = useTenants();
  const onSearch = useCallback((text: string) => onChange({ search: text || undefined }), [onChange]);
  return (
    <search className="grid gap-3 sm:flex sm:flex-wrap" aria-label="Filters of the users">
      <Search label="Find a user" value={search.search ?? ''} onSearch={onSearch} />
      <div className="sm:w-48">
        <Select
          label="Role"
          hideLabel
          value={search.role ?? ANY}
          onChange={(id) => onChange({ role: id === ANY ? undefined : id })}
          options={[{ id: ANY, name: 'Any role' }, ...roleOptions]}
        />
      </div>
      {tenants.length > 1 && (
        <div className="sm:w-48">
          <Select
            label="Tenant"
            hideLabel
            value={search.tenantId ?? ANY}
            onChange={(id) => onChange({ tenantId: id === ANY ? undefined : id })}
            options={[{ id: ANY, name: 'All tenants' }, ...tenants.map(({ id, name }) => ({ id, name }))]}
          />
        </div>
      )}
    </search>
  );
}

const roleOptions = (Object.keys(ROLES) as Role[]).map((id) => ({ id, name: ROLES[id] }));
