import { createColumnHelper, getCoreRowModel, useReactTable } from '@tanstack/react-table';
import { useMemo } from 'react';
import type { AuditEntry } from '@/api/schema';
import { Badge } from '@/ui/Badge';
import { Table } from '@/ui/Table';
import { Time } from '@/ui/Time';
import { Actor, Resource } from './About';
import { EVENTS, RESOURCES, RESULTS } from '@/ui/events';

const column = createColumnHelper<AuditEntry>();

function columns(onOpen: (entry: AuditEntry) => void) {
  return [
    column.accessor('timestamp', { header: 'When', cell: ({ getValue }) => <Time moment={getValue()} /> }),
    column.accessor('eventType', {
      header: 'Event',
      meta: { isRowHeader: true },
      cell: ({ getValue, row }) => (
        <button
          type="button"
          onClick={() => onOpen(row.original)}
          className="rounded text-left font-medium text-accent underline-offset-2 hover:underline"
        >
          {EVENTS[getValue()]}
        </button>
      ),
    }),
    column.display({
      id: 'actor',
      header: 'By',
      meta: { isText: true },
      cell: ({ row }) => <Actor entry={row.original} />,
    }),
    column.display({
      id: 'resource',
      header: 'What',
      meta: { isText: true },
      cell: ({ row }) => (
        <>
          <Resource entry={row.original} />
          <span className="block text-sm text-quiet">{RESOURCES[row.original.resourceType]}</span>
        </>
      ),
    }),
    column.accessor('result', {
      header: 'Result',
      cell: ({ getValue }) => <Badge tone={RESULTS[getValue()].tone}>{RESULTS[getValue()].word}</Badge>,
    }),
    column.accessor('ipAddress', {
      header: 'From',
      meta: { isWideOnly: true },
      cell: ({ getValue }) => <span className="font-mono text-sm text-quiet">{getValue() ?? '–'}</span>,
    }),
    column.accessor('seq', {
      header: 'No.',
      meta: { isNumber: true, isWideOnly: true },
      cell: ({ getValue }) => <span className="text-sm text-quiet">{getValue()}</span>,
    }),
  ];
}

/** Entries of the log. */
export function AuditTable({ entries, onOpen }: { entries: AuditEntry[]; onOpen: (entry: AuditEntry) => void }) {
  // eslint-disable-next-line react-hooks/incompatible-library -- the compiler is not in use
  const table = useReactTable({
    data: entries,
    columns: useMemo(() => columns(onOpen), [onOpen]),
    getCoreRowModel: getCoreRowModel(),
    getRowId: ({ id }) => id,
    enableSorting: false,
  });
  return <Table table={table} caption="Entries of the audit log, newest first" />;
}
