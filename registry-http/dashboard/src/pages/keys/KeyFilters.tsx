import type { Me } from '@/api/schema';
import { PickServer } from '@/ui/PickServer';
import { PickUser } from '@/ui/PickUser';
import { Switch } from '@/ui/Switch';
import type { KeySearch } from './search';

interface KeyFiltersProps {
  me: Me;
  search: KeySearch;
  onChange: (change: Partial<KeySearch>) => void;
}

/** Which keys are shown. */
export function KeyFilters({ me, search, onChange }: KeyFiltersProps) {
  return (
    <div role="search" aria-label="Keys" className="flex flex-wrap items-center gap-3">
      <div className="w-full sm:w-64">
        <PickServer
          label="Keys for the server"
          hideLabel
          value={search.server}
          onChange={(server) => onChange({ server })}
        />
      </div>
      {me.role !== 'user' && (
        <div className="w-full sm:w-64">
          <PickUser
            label="Keys that act as"
            hideLabel
            placeholder="Acting as anybody"
            value={search.owner}
            onChange={(owner) => onChange({ owner })}
          />
        </div>
      )}
      <Switch isSelected={search.owner === me.id} onChange={(own) => onChange({ owner: own ? me.id : undefined })}>
        Only mine
      </Switch>
    </div>
  );
}
