import { useState } from 'react';
import { api, ifMatch } from '@/api/client';
import { invalidate } from '@/api/query';
import type { ApiKey, ApiKeyUsage, CreatedApiKey } from '@/api/schema';
import { confirmAnew, useBase } from '@/ui/base';
import { Button } from '@/ui/Button';
import { Dialog, DialogActions } from '@/ui/Dialog';
import { Problem } from '@/ui/Problem';
import { type Option, Select } from '@/ui/Select';
import { Time } from '@/ui/Time';
import { readKey } from './read';
import { useKeyUsage } from './usage';

type Grace = '0' | '900' | '3600' | '21600' | '86400';

const GRACES: readonly Option<Grace>[] = [
  { id: '0', name: 'Stop it at once', help: 'The right thing for a key that somebody else may know' },
  { id: '900', name: 'Keep it for 15 minutes' },
  { id: '3600', name: 'Keep it for an hour' },
  { id: '21600', name: 'Keep it for 6 hours' },
  { id: '86400', name: 'Keep it for a day' },
];

interface RotateKeyProps {
  apiKey: ApiKey;
  onClose: () => void;
  onRotated: (key: CreatedApiKey) => void;
}

/** Gives a key a new secret, and says what becomes of the old one. */
export function RotateKey({ apiKey, onClose, onRotated }: RotateKeyProps) {
  const [grace, setGrace] = useState<Grace>('3600');
  const [problem, setProblem] = useState<unknown>();
  const { base, settle } = useBase(apiKey, () => readKey(apiKey.id), confirmAnew);
  const rotate = api.useMutation('post', '/api/api-keys/{id}/rotate', {
    onSuccess: async (key) => {
      onRotated(key);
      await invalidate('/api/api-keys', '/api/overview');
    },
    onError: async (error) => {
      setProblem(await settle(error));
      await invalidate('/api/api-keys');
    },
  });
  const params = { path: { id: apiKey.id }, header: ifMatch(base) };
  return (
    <Dialog title={`Rotate ${apiKey.name}`} isOpen onClose={onClose} size="small">
      <p>The key gets a new secret, which is shown once. Its lifetime begins anew.</p>
      <OldKey apiKey={apiKey} usage={useKeyUsage(apiKey.id).data} />
      <Select label="The old secret" options={GRACES} value={grace} onChange={setGrace} />
      <Problem error={problem} />
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button
          kind="primary"
          isPending={rotate.isPending}
          onPress={() => rotate.mutate({ params, body: { gracePeriodSeconds: Number(grace) } })}
        >
          Rotate key
        </Button>
      </DialogActions>
    </Dialog>
  );
}

/** What is known of the use of the secret that is to be replaced. */
function OldKey({ apiKey, usage }: { apiKey: ApiKey; usage: ApiKeyUsage | undefined }) {
  return (
    <div className="rounded-lg bg-sunken px-3 py-2 text-sm">
      {usage?.lastUsed ? (
        <p>
          The old key was used <Time moment={usage.lastUsed} />
          {usage.lastUsedIp && <> from {usage.lastUsedIp}</>}. Whatever used it needs the new secret before the old one
          stops.
        </p>
      ) : (
        <p>{usage ? 'The old key was never used.' : 'Reading when the old key was used…'}</p>
      )}
      {apiKey.previousKeyValidUntil && (
        <p className="text-warning">
          It was rotated before: the secret before this one, good until <Time moment={apiKey.previousKeyValidUntil} />,
          stops at once.
        </p>
      )}
    </div>
  );
}
