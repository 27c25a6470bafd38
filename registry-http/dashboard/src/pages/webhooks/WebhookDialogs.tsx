import type { IssuedWebhook, Webhook } from '@/api/schema';
import { ChangeWebhook } from './ChangeWebhook';
import { RemoveWebhook } from './RemoveWebhook';
import { RotateSecret } from './RotateSecret';

/** What is being done with which webhook. */
export interface Doing {
  what: 'change' | 'rotate' | 'remove';
  webhook: Webhook;
}

interface WebhookDialogsProps {
  doing: Doing | undefined;
  /** With what has a new secret to show. */
  onClose: (issued?: IssuedWebhook) => void;
}

/** The dialog of what is being done with a webhook. */
export function WebhookDialogs({ doing, onClose }: WebhookDialogsProps) {
  if (!doing) return null;
  const { what, webhook } = doing;
  const close = () => onClose();
  switch (what) {
    case 'change':
      return <ChangeWebhook webhook={webhook} onClose={close} />;
    case 'rotate':
      return <RotateSecret webhook={webhook} onClose={close} onRotated={onClose} />;
    case 'remove':
      return <RemoveWebhook webhook={webhook} onClose={close} />;
  }
}
