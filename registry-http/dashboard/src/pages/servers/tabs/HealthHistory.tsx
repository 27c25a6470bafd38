import { keepPreviousData } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { createColumnHelper, getCoreRowModel, useReactTable } from '@tanstack/react-table';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import { sentence } from '@/api/error';
import type { CheckType, HealthCheck, Server } from '@/api/schema';
import { checkHealth, checkWord } from '@/ui/beats';
import { milliseconds, words } from '@/ui/format';
import { Section } from '@/ui/Page';
import { Pages } from '@/ui/Pages';
import { ErrorState, Skeleton } from '@/ui/States';
import { Health } from '@/ui/Status';
import { Table } from '@/ui/Table';
import { Time } from '@/ui/Time';

const SHOWN = 20;
const TYPES: Record<CheckType, string> = { manual: 'Asked for', automatic: 'By itself', scheduled: 'Regular' };

const column = createColumnHelper<HealthCheck>();
const COLUMNS = [
  column.accessor('timestamp', {
    header: 'When',
    meta: { isRowHeader: true },
    cell: ({ getValue }) => <Time moment={getValue()} />,
  }),
  column.accessor('status', {
    header: 'Result',
    cell: ({ row: { original: check } }) => (
      <span className="flex flex-col gap-0.5">
        <span>
          <Health status={checkHealth(check.status)} />
        </span>
        {checkWord(check.status) !== words(check.status) && (
          <span className="text-sm text-quiet">{checkWord(check.status)}</span>
        )}
      </span>
    ),
  }),
  column.accessor('responseTime', {
    header: 'Response',
    meta: { isNumber: true },
    cell: ({ getValue }) => milliseconds(getValue()),
  }),
  column.accessor('checkType', {
    header: 'Kind',
    cell: ({ row: { original: check } }) => (
      <span className="whitespace-nowrap">
        {TYPES[check.checkType]}
        {check.deep && ', in depth'}
      </span>
    ),
  }),
  column.display({
    id: 'errors',
    header: 'What went wrong',
    cell: ({ row: { original: check } }) => check.errors?.map(sentence).join(' ') ?? '',
  }),
];

/** Check by check. */
export function HealthHistory({ server }: { server: Server }) {
  const { page = 1, days } = useSearch({ from: '/servers/$serverId' });
  const navigate = useNavigate({ from: '/servers/$serverId' });
  const params = { path: { id: server.id }, query: { page, limit: SHOWN } };
  const { data, error, refetch } = kept(
    api.useQuery('get', '/api/servers/{id}/health', { params }, { placeholderData: keepPreviousData }),
  );
  if (error) return <ErrorState error={error} onRetry={refetch} />;
  if (!data?.history || !data.pagination) return <Skeleton lines={4} />;
  return (
    <Section title="History">
      <History checks={data.history} />
      <Pages
        pagination={data.pagination}
        noun="checks"
        onPage={(next) => void navigate({ search: { tab: 'health', days, page: next }, resetScroll: false })}
      />
    </Section>
  );
}

function History({ checks }: { checks: HealthCheck[] }) {
  // eslint-disable-next-line react-hooks/incompatible-library -- the compiler is not in use
  const table = useReactTable({
    data: checks,
    columns: COLUMNS,
    enableSorting: false,
    getCoreRowModel: getCoreRowModel(),
    getRowId: ({ id }) => id,
  });
  if (checks.length === 0) return <p className="text-quiet">It was not checked yet.</p>;
  return <Table table={table} caption="Check by check" />;
}
