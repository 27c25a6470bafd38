import { keepPreviousData } from '@tanstack/react-query';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import { Dialog } from '@/ui/Dialog';
import { Pages } from '@/ui/Pages';
import { type Option, Select } from '@/ui/Select';
import { EmptyState, ErrorState, Skeleton } from '@/ui/States';
import { DeliveryItem } from './DeliveryItem';
import type { WebhookSearch } from './search';

type Status = NonNullable<WebhookSearch['status']> | 'any';

const STATES: readonly Option<Status>[] = [
  { id: 'any', name: 'All' },
  { id: 'pending', name: 'Waiting' },
  { id: 'delivered', name: 'Taken' },
  { id: 'dead', name: 'Given up' },
];

/** An attempt is no event, so what is shown is asked for again this often. */
const ANEW_MS = 15_000;

interface DeliveriesProps {
  id: string;
  search: WebhookSearch;
  onChange: (change: Partial<WebhookSearch>) => void;
  onClose: () => void;
}

/** What was sent to a webhook, or is to be. */
export function Deliveries({ id, search, onChange, onClose }: DeliveriesProps) {
  const { data: webhook } = api.useQuery('get', '/api/webhooks/{id}', { params: { path: { id } } });
  return (
    <Dialog title={webhook ? `Deliveries to ${webhook.name}` : 'Deliveries'} isOpen onClose={onClose} size="drawer">
      <div className="sm:w-40">
        <Select
          label="State"
          hideLabel
          options={STATES}
          value={search.status ?? 'any'}
          onChange={(status) => onChange({ status: status === 'any' ? undefined : status, page: undefined })}
        />
      </div>
      <List id={id} search={search} onPage={(page) => onChange({ page })} />
    </Dialog>
  );
}

function List({ id, search, onPage }: { id: string; search: WebhookSearch; onPage: (page: number) => void }) {
  const query = { page: search.page ?? 1, ...(search.status && { status: search.status }) };
  const options = { placeholderData: keepPreviousData, refetchInterval: ANEW_MS };
  const params = { path: { id }, query };
  const { data, error, refetch } = kept(api.useQuery('get', '/api/webhooks/{id}/deliveries', { params }, options));
  if (error) return <ErrorState error={error} onRetry={refetch} />;
  if (!data) return <Skeleton lines={4} />;
  if (data.deliveries.length === 0)
    return (
      <EmptyState icon="webhook" title={search.status ? 'No such deliveries' : 'Nothing was sent yet'}>
        {!search.status && 'Messages come up here when alerts are raised. Tests are not among them.'}
      </EmptyState>
    );
  return (
    <>
      <ul className="flex flex-col gap-3">
        {data.deliveries.map((delivery) => (
          <DeliveryItem key={delivery.id} delivery={delivery} />
        ))}
      </ul>
      <Pages pagination={data.pagination} onPage={onPage} noun="deliveries" />
    </>
  );
}
