import { Link } from '@tanstack/react-router';
import { createColumnHelper, getCoreRowModel, type SortingState, useReactTable } from '@tanstack/react-table';
import type { Server } from '@/api/schema';
import { milliseconds, percent } from '@/ui/format';
import { Health, ServerState } from '@/ui/Status';
import { Checkbox } from '@/ui/Switch';
import { Table } from '@/ui/Table';
import { Time } from '@/ui/Time';
import type { ServerListSearch } from '../search';
import { ServerMenu } from '../ServerMenu';
import { TRANSPORTS } from '../words';
import type { Selection } from './selection';

const column = createColumnHelper<Server>();

interface ServersTableProps {
  servers: Server[];
  selection: Selection;
  search: ServerListSearch;
  onSort: (sort: NonNullable<ServerListSearch['sort']>, order: 'asc' | 'desc') => void;
}

const DATA = [
  column.accessor('name', {
    header: 'Name',
    meta: { isRowHeader: true },
    cell: ({ row: { original: server } }) => (
      <Link
        to="/servers/$serverId"
        params={{ serverId: server.id }}
        className="block min-w-32 underline-offset-2 hover:text-accent hover:underline"
      >
        {server.name}
      </Link>
    ),
  }),
  column.accessor('healthStatus', {
    header: 'Health',
    enableSorting: false,
    cell: ({ getValue }) => <Health status={getValue()} />,
  }),
  column.accessor('status', { header: 'State', cell: ({ getValue }) => <ServerState status={getValue()} /> }),
  column.accessor('lastHealthCheck', {
    header: 'Last check',
    enableSorting: false,
    cell: ({ getValue }) => <Time moment={getValue()} absent="never" />,
  }),
  column.accessor('avgResponseTime', {
    header: 'Response',
    enableSorting: false,
    meta: { isNumber: true, isWideOnly: true },
    cell: ({ getValue }) => milliseconds(getValue()),
  }),
  column.accessor('successRate', {
    header: 'Checks passed',
    enableSorting: false,
    meta: { isNumber: true, isWidestOnly: true },
    cell: ({ getValue }) => percent(part(getValue())),
  }),
  column.accessor('transportType', {
    header: 'Transport',
    enableSorting: false,
    meta: { isWidestOnly: true },
    cell: ({ getValue }) => <span className="whitespace-nowrap">{TRANSPORTS[getValue()]}</span>,
  }),
  column.accessor('updatedAt', {
    header: 'Changed',
    meta: { isWideOnly: true },
    cell: ({ getValue }) => <Time moment={getValue()} />,
  }),
];

/** Servers as a table. */
export function ServersTable({ servers, selection, search, onSort }: ServersTableProps) {
  const sort = search.sort ?? 'name';
  const sorting: SortingState = [{ id: sort, desc: search.order === 'desc' }];
  // eslint-disable-next-line react-hooks/incompatible-library -- the compiler is not in use
  const table = useReactTable({
    data: servers,
    columns: [choice(servers, selection), ...DATA, MENU],
    state: { sorting },
    manualSorting: true,
    enableSortingRemoval: false,
    getCoreRowModel: getCoreRowModel(),
    getRowId: ({ id }) => id,
    onSortingChange: (change) => {
      const [next] = typeof change === 'function' ? change(sorting) : change;
      if (next) onSort(next.id as NonNullable<ServerListSearch['sort']>, next.desc ? 'desc' : 'asc');
    },
  });
  return <Table table={table} caption="Servers" />;
}

const MENU = column.display({
  id: 'more',
  meta: { isSticky: true },
  header: () => <span className="sr-only">More</span>,
  cell: ({ row }) => <ServerMenu server={row.original} />,
});

function choice(servers: Server[], { has, set }: Selection) {
  const chosen = servers.filter(({ id }) => has(id)).length;
  return column.display({
    id: 'choice',
    header: () => (
      <Checkbox
        aria-label="Choose all of this page"
        isSelected={chosen > 0 && chosen === servers.length}
        isIndeterminate={chosen > 0 && chosen < servers.length}
        onChange={(isChosen) => set(servers, isChosen)}
      >
        {null}
      </Checkbox>
    ),
    cell: ({ row: { original: server } }) => (
      <Checkbox
        aria-label={`Choose ${server.name}`}
        isSelected={has(server.id)}
        onChange={(isChosen) => set([server], isChosen)}
      >
        {null}
      </Checkbox>
    ),
  });
}

const part = (value: number | undefined) => (value === undefined ? undefined : value / 100);
