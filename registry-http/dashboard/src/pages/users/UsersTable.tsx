import { createColumnHelper, getCoreRowModel, useReactTable } from '@tanstack/react-table';
import { useMemo } from 'react';
import type { Me, User } from '@/api/schema';
import { Badge } from '@/ui/Badge';
import { Name } from '@/ui/Name';
import { ROLES } from '@/ui/roles';
import { Table } from '@/ui/Table';
import { Time } from '@/ui/Time';

const column = createColumnHelper<User>();

function columns(me: Me, onOpen: (id: string) => void) {
  const tenant = column.accessor('tenantId', {
    header: 'Tenant',
    cell: ({ getValue }) => <Name kind="tenant" id={getValue()} />,
  });
  return [
    column.accessor('username', {
      header: 'User',
      meta: { isRowHeader: true },
      cell: ({ row }) => <Who user={row.original} isMe={row.original.id === me.id} onOpen={onOpen} />,
    }),
    column.accessor('email', {
      header: 'E-mail',
      meta: { isText: true, isWideOnly: true },
      cell: ({ getValue }) => getValue() ?? '–',
    }),
    column.accessor('role', { header: 'Role', cell: ({ getValue }) => ROLES[getValue()] }),
    ...(me.role === 'admin' ? [tenant] : []),
    column.accessor('disabled', {
      header: 'State',
      cell: ({ getValue }) => <Badge tone={getValue() ? 'quiet' : 'good'}>{getValue() ? 'Disabled' : 'Enabled'}</Badge>,
    }),
    column.accessor('createdAt', {
      header: 'Since',
      meta: { isWideOnly: true },
      cell: ({ getValue }) => <Time moment={getValue()} />,
    }),
  ];
}

function Who({ user, isMe, onOpen }: { user: User; isMe: boolean; onOpen: (id: string) => void }) {
  return (
    <>
      <button
        type="button"
        onClick={() => onOpen(user.id)}
        className="rounded text-left font-medium text-accent underline-offset-2 hover:underline"
      >
        {user.username}
      </button>{' '}
      {isMe && <Badge tone="accent">You</Badge>}
      {user.displayName && <span className="block text-sm font-normal text-quiet">{user.displayName}</span>}
    </>
  );
}

/** Users, by user name. */
export function UsersTable({ users, me, onOpen }: { users: User[]; me: Me; onOpen: (id: string) => void }) {
  // eslint-disable-next-line react-hooks/incompatible-library -- the compiler is not in use
  const table = useReactTable({
    data: users,
    columns: useMemo(() => columns(me, onOpen), [me, onOpen]),
    getCoreRowModel: getCoreRowModel(),
    getRowId: ({ id }) => id,
    enableSorting: false,
  });
  return <Table table={table} caption="Users" />;
}
