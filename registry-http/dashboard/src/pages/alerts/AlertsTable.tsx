import { Link } from '@tanstack/react-router';
import { createColumnHelper, getCoreRowModel, useReactTable } from '@tanstack/react-table';
import type { Alert } from '@/api/schema';
import { count } from '@/ui/format';
import { AlertSeverity, AlertState } from '@/ui/Status';
import { Checkbox } from '@/ui/Switch';
import { Table } from '@/ui/Table';
import { Time } from '@/ui/Time';
import { Subject } from './Subject';
import { causeWords, messageWords } from './words';

export interface AlertSelection {
  chosen: ReadonlySet<string>;
  setChosen: (chosen: ReadonlySet<string>) => void;
  /** Whether anything can be done with the alert. */
  mayChoose: (alert: Alert) => boolean;
}

const column = createColumnHelper<Alert>();

const FACTS = [
  column.accessor('message', {
    header: 'Alert',
    meta: { isRowHeader: true },
    cell: ({ row: { original: alert } }) => (
      <Link
        from="/alerts"
        to="/alerts"
        search={(before) => ({ ...before, alert: alert.id })}
        className="flex min-w-48 flex-col underline-offset-2 hover:text-accent hover:underline"
      >
        {causeWords(alert.cause).title}
        <span className="text-sm font-normal text-quiet">{messageWords(alert.message)}</span>
      </Link>
    ),
  }),
  column.accessor('severity', { header: 'Severity', cell: ({ getValue }) => <AlertSeverity severity={getValue()} /> }),
  column.accessor('subjectId', {
    header: 'About',
    meta: { isText: true },
    cell: ({ row }) => <Subject alert={row.original} />,
  }),
  column.accessor('occurrences', {
    header: 'Times',
    meta: { isNumber: true, isWideOnly: true },
    cell: ({ getValue }) => count(getValue()),
  }),
  column.accessor('triggeredAt', {
    header: 'Since',
    meta: { isWideOnly: true },
    cell: ({ getValue }) => <Time moment={getValue()} />,
  }),
  column.accessor('lastSeenAt', { header: 'Last seen', cell: ({ getValue }) => <Time moment={getValue()} /> }),
  column.accessor('status', { header: 'State', cell: ({ getValue }) => <AlertState status={getValue()} /> }),
];

/** Alerts as a table. */
export function AlertsTable({ alerts, selection }: { alerts: Alert[]; selection: AlertSelection }) {
  const canChoose = alerts.some(selection.mayChoose);
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing that is made of it is memoised
  const table = useReactTable({
    data: alerts,
    columns: canChoose ? [choice(alerts, selection), ...FACTS] : FACTS,
    enableSorting: false,
    getCoreRowModel: getCoreRowModel(),
    getRowId: ({ id }) => id,
  });
  return <Table table={table} caption="Alerts" />;
}

function choice(alerts: readonly Alert[], { chosen, setChosen, mayChoose }: AlertSelection) {
  const possible = alerts.filter(mayChoose);
  const now = possible.filter(({ id }) => chosen.has(id)).length;
  const toggle = (id: string, isChosen: boolean) => {
    const after = new Set(chosen);
    if (isChosen) after.add(id);
    else after.delete(id);
    setChosen(after);
  };
  return column.display({
    id: 'choice',
    header: () => (
      <Checkbox
        aria-label="Choose all of this page"
        isSelected={now > 0 && now === possible.length}
        isIndeterminate={now > 0 && now < possible.length}
        onChange={(all) => setChosen(new Set(all ? possible.map(({ id }) => id) : []))}
      >
        {null}
      </Checkbox>
    ),
    cell: ({ row: { original: alert } }) =>
      mayChoose(alert) && (
        <Checkbox
          aria-label={`Choose: ${alert.message}`}
          isSelected={chosen.has(alert.id)}
          onChange={(isChosen) => toggle(alert.id, isChosen)}
        >
          {null}
        </Checkbox>
      ),
  });
}
