import { api, ifMatch } from '@/api/client';
import { invalidate } from '@/api/query';
import type { Webhook } from '@/api/schema';
import { ConfirmDialog } from '@/ui/Dialog';
import { say } from '@/ui/Toast';

/** Removes a webhook, once that is confirmed. */
export function RemoveWebhook({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const remove = api.useMutation('delete', '/api/webhooks/{id}', {
    onSuccess: async () => {
      say(`${webhook.name} is removed.`);
      onClose();
      await invalidate('/api/webhooks');
    },
    onError: () => invalidate('/api/webhooks'),
  });
  return (
    <ConfirmDialog
      title={`Remove ${webhook.name}?`}
      isOpen
      onClose={onClose}
      onConfirm={() => remove.mutate({ params: { path: { id: webhook.id }, header: ifMatch(webhook) } })}
      action="Remove webhook"
      isPending={remove.isPending}
      error={remove.error}
    >
      <p>Nothing is sent to it any more, and what was delivered is forgotten. To pause it, switch it off instead.</p>
    </ConfirmDialog>
  );
}
