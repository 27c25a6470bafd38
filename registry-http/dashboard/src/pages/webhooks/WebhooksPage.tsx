import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import { useMe } from '@/api/me';
import type { IssuedWebhook, Webhook } from '@/api/schema';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { Page } from '@/ui/Page';
import { SecretOnce } from '@/ui/SecretOnce';
import { EmptyState, ErrorState, Skeleton } from '@/ui/States';
import { Deliveries } from './Deliveries';
import { MakeWebhook } from './MakeWebhook';
import type { WebhookSearch } from './search';
import { type Doing, WebhookDialogs } from './WebhookDialogs';
import { WebhooksTable } from './WebhooksTable';

/** What is told of alerts, for administrators. */
export function WebhooksPage() {
  const me = useMe();
  if (me.role === 'admin') return <Webhooks />;
  return (
    <Page title="Webhooks">
      <EmptyState icon="webhook" title="Webhooks are for administrators">
        Ask an administrator to have alerts sent on.
      </EmptyState>
    </Page>
  );
}

function Webhooks() {
  const search = useSearch({ from: '/webhooks' });
  const navigate = useNavigate({ from: '/webhooks' });
  const change = (next: Partial<WebhookSearch>) => void navigate({ search: (before) => ({ ...before, ...next }) });
  const [isMaking, setMaking] = useState(false);
  const [doing, setDoing] = useState<Doing>();
  const [issued, setIssued] = useState<IssuedWebhook>();
  const done = (made?: IssuedWebhook) => {
    setMaking(false);
    setDoing(undefined);
    if (made) setIssued(made);
  };
  const add = <Add onPress={() => setMaking(true)} />;
  return (
    <Page title="Webhooks" actions={add}>
      <List add={add} onOpen={({ id }) => change({ webhook: id })} onDo={setDoing} />
      {search.webhook && (
        <Deliveries
          id={search.webhook}
          search={search}
          onChange={change}
          onClose={() => change({ webhook: undefined, status: undefined, page: undefined })}
        />
      )}
      {isMaking && <MakeWebhook onClose={() => done()} onMade={done} />}
      <WebhookDialogs doing={doing} onClose={done} />
      {issued && <Secret issued={issued} onSaved={() => setIssued(undefined)} />}
    </Page>
  );
}

function Add({ onPress }: { onPress: () => void }) {
  return (
    <Button kind="primary" onPress={onPress}>
      <Icon name="plus" className="size-4" />
      Add webhook
    </Button>
  );
}

interface ListProps {
  add: ReactNode;
  onOpen: (webhook: Webhook) => void;
  onDo: (doing: Doing) => void;
}

function List({ add, onOpen, onDo }: ListProps) {
  const { data, error, refetch } = kept(api.useQuery('get', '/api/webhooks'));
  if (error) return <ErrorState error={error} onRetry={refetch} />;
  if (!data) return <Skeleton lines={3} />;
  if (data.webhooks.length > 0) return <WebhooksTable webhooks={data.webhooks} onOpen={onOpen} onDo={onDo} />;
  return (
    <EmptyState icon="webhook" title="No webhooks yet" action={add}>
      A webhook is told of alerts as they are raised, acknowledged and resolved: a chat, a pager, or a service of your
      own.
    </EmptyState>
  );
}

function Secret({ issued, onSaved }: { issued: IssuedWebhook; onSaved: () => void }) {
  return (
    <SecretOnce title={`The secret of ${issued.name}`} label="signing secret" secret={issued.secret} onSaved={onSaved}>
      <p className="text-sm text-quiet">
        With it the receiver verifies that a message is from this service (headers webhook-id, webhook-timestamp and
        webhook-signature). Any library for Standard Webhooks takes it as it is.
      </p>
    </SecretOnce>
  );
}
