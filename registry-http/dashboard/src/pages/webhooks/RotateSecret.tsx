import { client, ifMatch } from '@/api/client';
import type { IssuedWebhook, Webhook } from '@/api/schema';
import { ConfirmChange } from '@/ui/ConfirmChange';
import { Time } from '@/ui/Time';
import { readWebhook } from './read';

interface RotateSecretProps {
  webhook: Webhook;
  onClose: () => void;
  onRotated: (webhook: IssuedWebhook) => void;
}

/** Gives a webhook a new secret. */
export function RotateSecret({ webhook, onClose, onRotated }: RotateSecretProps) {
  const rotate = async (base: Webhook) => {
    const params = { path: { id: base.id }, header: ifMatch(base) };
    const { data } = await client.POST('/api/webhooks/{id}/rotate-secret', { params });
    if (data) onRotated(data);
  };
  return (
    <ConfirmChange
      title={`Rotate the secret of ${webhook.name}`}
      action="Rotate secret"
      kind="primary"
      record={webhook}
      read={() => readWebhook(webhook.id)}
      change={rotate}
      done={`${webhook.name} has a new secret.`}
      changes={['/api/webhooks']}
      onClose={onClose}
    >
      <p>Messages are signed with the old and the new secret for 24 hours: time to give the receiver the new one.</p>
      {webhook.previousSecretValidUntil && (
        <p className="text-sm text-warning">
          It was rotated before: the secret before this one, in use until{' '}
          <Time moment={webhook.previousSecretValidUntil} />, stops at once.
        </p>
      )}
    </ConfirmChange>
  );
}
