import { client } from '@/api/client';
import { useMe } from '@/api/me';
import { invalidate } from '@/api/query';
import type { IssuedWebhook } from '@/api/schema';
import { makeRequest, newWebhook } from './schema';
import { WebhookDialog } from './WebhookDialog';

interface MakeWebhookProps {
  onClose: () => void;
  onMade: (webhook: IssuedWebhook) => void;
}

/** Makes a webhook. */
export function MakeWebhook({ onClose, onMade }: MakeWebhookProps) {
  const me = useMe();
  return (
    <WebhookDialog
      title="Add a webhook"
      action="Add webhook"
      values={newWebhook(me.tenantId)}
      onClose={onClose}
      onSubmit={async (form) => {
        const { data } = await client.POST('/api/webhooks', { body: makeRequest(form) });
        if (data) onMade(data);
        await invalidate('/api/webhooks');
      }}
    />
  );
}
