import { client, ifMatch } from '@/api/client';
import type { Webhook } from '@/api/schema';
import { ConfirmChange } from '@/ui/ConfirmChange';
import { readWebhook } from './read';

/** Removes a webhook, once that is confirmed. */
export function RemoveWebhook({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  return (
    <ConfirmChange
      title={`Remove ${webhook.name}?`}
      action="Remove webhook"
      record={webhook}
      read={() => readWebhook(webhook.id)}
      change={(base) =>
        client.DELETE('/api/webhooks/{id}', { params: { path: { id: base.id }, header: ifMatch(base) } })
      }
      done={`${webhook.name} is removed.`}
      changes={['/api/webhooks']}
      onClose={onClose}
    >
      <p>Nothing is sent to it any more, and what was delivered is forgotten. To pause it, switch it off instead.</p>
    </ConfirmChange>
  );
}
