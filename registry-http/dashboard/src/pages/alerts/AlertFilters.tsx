import { PickServer } from '@/ui/PickServer';
import { type Option, Select } from '@/ui/Select';
import type { AlertSearch } from './search';
import { TYPES } from './words';

type Status = NonNullable<AlertSearch['status']>;
type Severity = NonNullable<AlertSearch['severity']> | 'any';
type Type = NonNullable<AlertSearch['type']> | 'any';

const STATES: readonly Option<Status>[] = [
  { id: 'open', name: 'Open' },
  { id: 'acknowledged', name: 'Acknowledged' },
  { id: 'resolved', name: 'Resolved' },
  { id: 'any', name: 'Open or not' },
];
const SEVERITIES: readonly Option<Severity>[] = [
  { id: 'any', name: 'Any severity' },
  { id: 'critical', name: 'Critical' },
  { id: 'high', name: 'High' },
  { id: 'medium', name: 'Medium' },
  { id: 'low', name: 'Low' },
];
const KINDS: readonly Option<Type>[] = [
  { id: 'any', name: 'Any type' },
  { id: 'health', name: TYPES.health },
  { id: 'performance', name: TYPES.performance },
  { id: 'security', name: TYPES.security },
  { id: 'quota', name: TYPES.quota },
];

interface AlertFiltersProps {
  search: AlertSearch;
  onChange: (change: Partial<AlertSearch>) => void;
}

/** Which alerts are shown. Each change is part of the address. */
export function AlertFilters({ search, onChange }: AlertFiltersProps) {
  return (
    <div role="search" aria-label="Alerts" className="grid grid-cols-2 items-center gap-2 sm:flex sm:flex-wrap">
      <Select
        label="State"
        hideLabel
        options={STATES}
        value={search.status ?? 'open'}
        onChange={(status) => onChange({ status: status === 'open' ? undefined : status })}
      />
      <Select
        label="Severity"
        hideLabel
        options={SEVERITIES}
        value={search.severity ?? 'any'}
        onChange={(severity) => onChange({ severity: severity === 'any' ? undefined : severity })}
      />
      <Select
        label="Type"
        hideLabel
        options={KINDS}
        value={search.type ?? 'any'}
        onChange={(type) => onChange({ type: type === 'any' ? undefined : type })}
      />
      <div className="sm:w-64">
        <PickServer label="Server" hideLabel value={search.server} onChange={(server) => onChange({ server })} />
      </div>
    </div>
  );
}
