import { client, ifMatch } from '@/api/client';
import { invalidate } from '@/api/query';
import type { Webhook } from '@/api/schema';
import { useBase } from '@/ui/base';
import { say } from '@/ui/Toast';
import { readWebhook } from './read';
import { changeRequest, formOf, type WebhookForm } from './schema';
import { WebhookDialog } from './WebhookDialog';

/** Changes a webhook. */
export function ChangeWebhook({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const path = { id: webhook.id };
  const { base, settle } = useBase(webhook, () => readWebhook(webhook.id));
  const change = async (form: WebhookForm) => {
    try {
      await client.PUT('/api/webhooks/{id}', { params: { path, header: ifMatch(base) }, body: changeRequest(form) });
    } catch (error) {
      throw await settle(error);
    }
    say('The webhook is changed.');
    onClose();
    await invalidate('/api/webhooks');
  };
  return (
    <WebhookDialog
      title={`Edit ${webhook.name}`}
      action="Save"
      values={formOf(webhook)}
      isKept
      onClose={onClose}
      onSubmit={change}
    />
  );
}
