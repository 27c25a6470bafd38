import { createColumnHelper, getCoreRowModel, useReactTable } from '@tanstack/react-table';
import type { ApiKey } from '@/api/schema';
import { Menu } from '@/ui/Menu';
import { Name } from '@/ui/Name';
import { KeyState } from '@/ui/Status';
import { Table } from '@/ui/Table';
import { Time } from '@/ui/Time';
import { Expiry } from './Expiry';
import type { KeyActions } from './actions';
import { scopeName } from './scopes';

const column = createColumnHelper<ApiKey>();

/** Keys as a table. */
export function KeysTable({ keys, actions }: { keys: ApiKey[]; actions: KeyActions }) {
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing that is made of it is memoised
  const table = useReactTable({
    data: keys,
    columns: [...columns(actions)],
    enableSorting: false,
    getCoreRowModel: getCoreRowModel(),
    getRowId: ({ id }) => id,
  });
  return <Table table={table} caption="API keys" />;
}

function columns({ open, offered }: KeyActions) {
  return [
    column.accessor('name', {
      header: 'Name',
      meta: { isRowHeader: true },
      cell: ({ row: { original: key } }) => (
        <button
          type="button"
          onClick={() => open(key.id)}
          className="min-w-24 text-left font-medium underline-offset-2 hover:text-accent hover:underline"
        >
          {key.name}
          <code className="block font-mono text-sm font-normal text-quiet lg:hidden">{key.keyPrefix}…</code>
        </button>
      ),
    }),
    ...FACTS,
    column.display({
      id: 'actions',
      meta: { isSticky: true },
      header: () => <span className="sr-only">Actions</span>,
      cell: ({ row: { original: key } }) => <Menu label={`Actions for ${key.name}`} actions={offered(key)} />,
    }),
  ];
}

const FACTS = [
  column.accessor('keyPrefix', {
    header: 'Prefix',
    meta: { isWideOnly: true },
    cell: ({ getValue }) => <code className="font-mono text-sm whitespace-nowrap">{getValue()}…</code>,
  }),
  column.accessor('serverId', {
    header: 'Server',
    cell: ({ row: { original: key } }) => (key.serverId ? <Name kind="server" id={key.serverId} /> : 'All'),
  }),
  column.accessor('scopes', {
    header: 'Scopes',
    meta: { isWideOnly: true },
    cell: ({ getValue }) => <span className="block min-w-24 text-sm">{getValue().map(scopeName).join(', ')}</span>,
  }),
  column.accessor('createdAt', {
    header: 'Created',
    meta: { isWideOnly: true },
    cell: ({ getValue }) => <Time moment={getValue()} />,
  }),
  column.accessor('expiresAt', { header: 'Expires', cell: ({ row }) => <Expiry apiKey={row.original} /> }),
  column.accessor('lastUsedAt', {
    header: 'Last used',
    cell: ({ getValue }) => <Time moment={getValue()} absent="never" />,
  }),
  column.accessor('status', { header: 'State', cell: ({ getValue }) => <KeyState status={getValue()} /> }),
];
