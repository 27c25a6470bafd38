import { api, ifMatch } from '@/api/client';
import { invalidate } from '@/api/query';
import type { IssuedWebhook, Webhook } from '@/api/schema';
import { ConfirmDialog } from '@/ui/Dialog';
import { Time } from '@/ui/Time';

interface RotateSecretProps {
  webhook: Webhook;
  onClose: () => void;
  onRotated: (webhook: IssuedWebhook) => void;
}

/** Gives a webhook a new secret. */
export function RotateSecret({ webhook, onClose, onRotated }: RotateSecretProps) {
  const rotate = api.useMutation('post', '/api/webhooks/{id}/rotate-secret', {
    onSuccess: async (issued) => {
      onRotated(issued);
      await invalidate('/api/webhooks');
    },
    onError: () => invalidate('/api/webhooks'),
  });
  const params = { path: { id: webhook.id }, header: ifMatch(webhook) };
  return (
    <ConfirmDialog
      title={`Rotate the secret of ${webhook.name}`}
      isOpen
      onClose={onClose}
      onConfirm={() => rotate.mutate({ params })}
      action="Rotate secret"
      kind="primary"
      isPending={rotate.isPending}
      error={rotate.error}
    >
      <p>Messages are signed with the old and the new secret for 24 hours: time to give the receiver the new one.</p>
      {webhook.previousSecretValidUntil && (
        <p className="text-sm text-warning">
          It was rotated before: the secret before this one, in use until{' '}
          <Time moment={webhook.previousSecretValidUntil} />, stops at once.
        </p>
      )}
    </ConfirmDialog>
  );
}
