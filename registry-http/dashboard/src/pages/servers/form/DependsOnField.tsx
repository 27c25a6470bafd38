import { keepPreviousData } from '@tanstack/react-query';
import { useState } from 'react';
import { type Control, useController } from 'react-hook-form';
import { api } from '@/api/client';
import type { Server } from '@/api/schema';
import { Search } from '@/ui/Search';
import { Checkbox } from '@/ui/Switch';
import { Name } from '@/ui/Name';
import type { ServerValues } from './schema';

const SHOWN = 6;

interface Props {
  control: Control<ServerValues>;
  server?: Server | undefined;
}

/** The servers without which this one is of no use. */
export function DependsOnField({ control, server }: Props) {
  const { field, fieldState } = useController({ control, name: 'dependsOn' });
  const [search, setSearch] = useState('');
  const query = { limit: SHOWN + 1, sortBy: 'name' as const, sortOrder: 'asc' as const, ...(search && { search }) };
  const { data } = api.useQuery('get', '/api/servers', { params: { query } }, { placeholderData: keepPreviousData });
  const found = (data?.servers ?? [])
    .filter(({ id }) => id !== server?.id && !field.value.includes(id))
    .slice(0, SHOWN);
  const choose = (id: string, isChosen: boolean) =>
    field.onChange(isChosen ? [...field.value, id] : field.value.filter((other) => other !== id));
  return (
    <div className="flex flex-col gap-2" role="group" aria-label="Servers that it needs">
      <p className="text-sm text-quiet">
        While one of them is unhealthy, this one is shown as degraded. One that others need is not removed without
        asking.
      </p>
      {field.value.map((id) => (
        <Checkbox key={id} isSelected onChange={(isChosen) => choose(id, isChosen)}>
          <Name kind="server" id={id} />
        </Checkbox>
      ))}
      <Search label="Search servers" value={search} onSearch={setSearch} />
      {found.map(({ id, name }) => (
        <Checkbox key={id} isSelected={false} onChange={(isChosen) => choose(id, isChosen)}>
          {name}
        </Checkbox>
      ))}
      {fieldState.error && (
        <p role="alert" className="text-sm text-danger">
          {fieldState.error.message}
        </p>
      )}
    </div>
  );
}
