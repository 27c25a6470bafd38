import { createColumnHelper, getCoreRowModel, useReactTable } from '@tanstack/react-table';
import { Link } from '@tanstack/react-router';
import type { Tenant } from '@/api/schema';
import { Badge } from '@/ui/Badge';
import { count } from '@/ui/format';
import { Menu } from '@/ui/Menu';
import { Table } from '@/ui/Table';
import { Time } from '@/ui/Time';

export type TenantAct = 'edit' | 'disable' | 'remove';
type OnAct = (act: TenantAct, tenant: Tenant) => void;

const column = createColumnHelper<Tenant>();

function columns(own: string, onAct: OnAct) {
  return [
    column.accessor('name', {
      header: 'Tenant',
      meta: { isRowHeader: true },
      cell: ({ row: { original } }) => (
        <span className="flex flex-wrap items-center gap-2">
          {original.name}
          {original.id === own && <Badge tone="accent">Yours</Badge>}
        </span>
      ),
    }),
    column.accessor('disabled', {
      header: 'State',
      cell: ({ getValue }) => <Badge tone={getValue() ? 'quiet' : 'good'}>{getValue() ? 'Disabled' : 'Enabled'}</Badge>,
    }),
    column.accessor('requestsPerMinute', {
      header: 'Requests a minute',
      meta: { isNumber: true },
      cell: ({ getValue }) => (getValue() === undefined ? 'As set for all' : count(getValue())),
    }),
    column.accessor('createdAt', {
      header: 'Since',
      meta: { isWideOnly: true },
      cell: ({ getValue }) => <Time moment={getValue()} />,
    }),
    column.display({
      id: 'users',
      header: 'Users',
      cell: ({ row: { original } }) => (
        <Link
          to="/users"
          search={{ tenantId: original.id }}
          aria-label={`Show the users of ${original.name}`}
          className="text-accent underline-offset-2 hover:underline"
        >
          Show
        </Link>
      ),
    }),
    column.display({
      id: 'actions',
      header: () => <span className="sr-only">Actions</span>,
      meta: { isNumber: true, isSticky: true },
      cell: ({ row: { original } }) => <Actions tenant={original} onAct={onAct} />,
    }),
  ];
}

function Actions({ tenant, onAct }: { tenant: Tenant; onAct: OnAct }) {
  return (
    <Menu
      label={`More for ${tenant.name}`}
      actions={[
        { id: 'edit', name: 'Edit', onAction: () => onAct('edit', tenant) },
        { id: 'disable', name: tenant.disabled ? 'Enable' : 'Disable', onAction: () => onAct('disable', tenant) },
        { id: 'remove', name: 'Remove', onAction: () => onAct('remove', tenant), isDanger: true },
      ]}
    />
  );
}

/** Tenants, by name. */
export function TenantsTable({ tenants, own, onAct }: { tenants: Tenant[]; own: string; onAct: OnAct }) {
  // eslint-disable-next-line react-hooks/incompatible-library -- the compiler is not in use
  const table = useReactTable({
    data: tenants,
    columns: columns(own, onAct),
    getCoreRowModel: getCoreRowModel(),
    getRowId: ({ id }) => id,
    enableSorting: false,
  });
  return <Table table={table} caption="Tenants" />;
}
