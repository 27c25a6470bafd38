import { api } from '@/api/client';
import { invalidate } from '@/api/query';
import type { ApiKey } from '@/api/schema';
import { ConfirmDialog } from '@/ui/Dialog';
import { Time } from '@/ui/Time';
import { say } from '@/ui/Toast';
import { useKeyUsage } from './usage';

/** Revokes a key, once that is confirmed. */
export function RevokeKey({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const usage = useKeyUsage(apiKey.id).data;
  const revoke = api.useMutation('delete', '/api/api-keys/{id}', {
    onSuccess: async () => {
      say(`${apiKey.name} is revoked.`);
      onClose();
      await invalidate('/api/api-keys', '/api/overview');
    },
  });
  return (
    <ConfirmDialog
      title={`Revoke ${apiKey.name}?`}
      isOpen
      onClose={onClose}
      onConfirm={() => revoke.mutate({ params: { path: { id: apiKey.id } } })}
      action="Revoke key"
      isPending={revoke.isPending}
      error={revoke.error}
    >
      <p>It stops at once and for good, and so does a secret from before a rotation. What uses it is refused.</p>
      {usage && (
        <p className="text-sm text-quiet">
          {usage.lastUsed ? (
            <>
              It was last used <Time moment={usage.lastUsed} />.
            </>
          ) : (
            'It was never used.'
          )}
        </p>
      )}
    </ConfirmDialog>
  );
}
