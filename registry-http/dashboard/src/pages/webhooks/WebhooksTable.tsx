import { createColumnHelper, getCoreRowModel, useReactTable } from '@tanstack/react-table';
import { TYPES } from '@/pages/alerts/words';
import type { Webhook } from '@/api/schema';
import { Badge } from '@/ui/Badge';
import { nearTime } from '@/ui/format';
import { Menu } from '@/ui/Menu';
import { Name } from '@/ui/Name';
import { AlertSeverity } from '@/ui/Status';
import { Switch } from '@/ui/Switch';
import { Table } from '@/ui/Table';
import { Time } from '@/ui/Time';
import { setEnabled, test } from './actions';
import type { Doing } from './WebhookDialogs';

const column = createColumnHelper<Webhook>();

interface WebhooksTableProps {
  webhooks: Webhook[];
  /** Shows what was delivered. */
  onOpen: (webhook: Webhook) => void;
  onDo: (doing: Doing) => void;
}

/** Webhooks as a table. */
export function WebhooksTable({ webhooks, onOpen, onDo }: WebhooksTableProps) {
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing that is made of it is memoised
  const table = useReactTable({
    data: webhooks,
    columns: [nameColumn(onOpen), ...FACTS, menuColumn(onOpen, onDo)],
    enableSorting: false,
    getCoreRowModel: getCoreRowModel(),
    getRowId: ({ id }) => id,
  });
  return <Table table={table} caption="Webhooks" />;
}

const FACTS = [
  column.accessor('alertTypes', {
    header: 'Told of',
    cell: ({ row: { original: webhook } }) => (
      <span className="block min-w-36">
        {webhook.alertTypes.length === 0 ? 'All types' : webhook.alertTypes.map((type) => TYPES[type]).join(', ')}
        {webhook.minSeverity !== 'low' && (
          <>
            {' from '}
            <AlertSeverity severity={webhook.minSeverity} />
          </>
        )}
      </span>
    ),
  }),
  column.accessor('tenantId', {
    header: 'Tenant',
    meta: { isWideOnly: true },
    cell: ({ getValue }) => {
      const id = getValue();
      return id ? <Name kind="tenant" id={id} /> : 'Every tenant';
    },
  }),
  column.accessor('lastSuccessAt', {
    header: 'Last taken',
    cell: ({ row: { original: webhook } }) => <LastTaken webhook={webhook} />,
  }),
  column.accessor('enabled', {
    header: 'On',
    cell: ({ row: { original: webhook } }) => (
      <Switch isSelected={webhook.enabled} onChange={(enabled) => void setEnabled(webhook, enabled)}>
        <span className="sr-only">{webhook.name} is switched on</span>
      </Switch>
    ),
  }),
];

function LastTaken({ webhook: { lastSuccessAt, failingSince } }: { webhook: Webhook }) {
  return (
    <span className="flex flex-col items-start gap-0.5">
      <Time moment={lastSuccessAt} absent="nothing yet" />
      {failingSince && <Badge tone="danger">failing since {nearTime(failingSince)}</Badge>}
    </span>
  );
}

function nameColumn(onOpen: (webhook: Webhook) => void) {
  return column.accessor('name', {
    header: 'Name',
    meta: { isRowHeader: true },
    cell: ({ row: { original: webhook } }) => (
      <button
        type="button"
        onClick={() => onOpen(webhook)}
        className="flex min-w-44 flex-col text-left font-medium underline-offset-2 hover:text-accent hover:underline"
      >
        {webhook.name}
        <span className="line-clamp-2 text-sm font-normal text-quiet" title={webhook.url}>
          {webhook.url}
        </span>
      </button>
    ),
  });
}

function menuColumn(onOpen: (webhook: Webhook) => void, onDo: (doing: Doing) => void) {
  return column.display({
    id: 'actions',
    meta: { isSticky: true },
    header: () => <span className="sr-only">Actions</span>,
    cell: ({ row: { original: webhook } }) => (
      <Menu
        label={`Actions for ${webhook.name}`}
        actions={[
          { id: 'open', name: 'Deliveries', onAction: () => onOpen(webhook) },
          { id: 'test', name: 'Send a test', onAction: () => void test(webhook) },
          { id: 'change', name: 'Edit', onAction: () => onDo({ what: 'change', webhook }) },
          { id: 'rotate', name: 'Rotate secret', onAction: () => onDo({ what: 'rotate', webhook }) },
          { id: 'remove', name: 'Remove', onAction: () => onDo({ what: 'remove', webhook }), isDanger: true },
        ]}
      />
    ),
  });
}
