import { api } from '@/api/client';
import { invalidate } from '@/api/query';
import type { ApiKey, CreatedApiKey } from '@/api/schema';
import { ConfirmDialog } from '@/ui/Dialog';
import { Time } from '@/ui/Time';

interface ClaimKeyProps {
  apiKey: ApiKey;
  onClose: () => void;
  onClaimed: (key: CreatedApiKey) => void;
}

/** Fetches the new secret of a key that was rotated without being asked. */
export function ClaimKey({ apiKey, onClose, onClaimed }: ClaimKeyProps) {
  const claim = api.useMutation('post', '/api/api-keys/{id}/claim', {
    onSuccess: async (key) => {
      onClaimed(key);
      await invalidate('/api/api-keys', '/api/alerts', '/api/overview');
    },
  });
  return (
    <ConfirmDialog
      title={`Fetch the new secret of ${apiKey.name}`}
      isOpen
      onClose={onClose}
      onConfirm={() => claim.mutate({ params: { path: { id: apiKey.id } } })}
      action="Show the new secret"
      kind="primary"
      isPending={claim.isPending}
      error={claim.error}
    >
      <p>
        The key was rotated by itself. Its new secret is shown once; have a place ready to save it. If nobody fetches
        it, the key stops <Time moment={apiKey.unclaimedUntil} />.
      </p>
    </ConfirmDialog>
  );
}
