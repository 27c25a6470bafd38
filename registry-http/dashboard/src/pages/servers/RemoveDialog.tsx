import { useState } from 'react';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { TextField } from 'react-aria-components/TextField';
import { ApiError } from '@/api/error';
import { invalidate } from '@/api/query';
import type { Server } from '@/api/schema';
import { confirmAnew, useBase } from '@/ui/base';
import { Button } from '@/ui/Button';
import { Dialog, DialogActions } from '@/ui/Dialog';
import { INPUT, LABEL } from '@/ui/Field';
import { Problem } from '@/ui/Problem';
import { say } from '@/ui/Toast';
import { readServer, remove } from './actions';

interface RemoveDialogProps {
  server: Server;
  onClose: () => void;
  onRemoved?: () => void;
}

/** Asks before a server is removed; of one that others need, for its name too. */
export function RemoveDialog({ server, onClose, onRemoved }: RemoveDialogProps) {
  const { run, isPending, error, isNeeded } = useRemoval(server, onClose, onRemoved);
  const [typed, setTyped] = useState('');
  const isConfirmed = !isNeeded || typed.trim() === server.name;
  return (
    <Dialog title={`Remove ${server.name}?`} isOpen onClose={onClose} size="small" role="alertdialog">
      <p>Its history is removed, and the keys that are for it are revoked. This cannot be undone.</p>
      <Problem error={error} />
      {isNeeded && (
        <>
          <p>You can remove it all the same. The servers that need it will no longer say that they do.</p>
          <TextField value={typed} onChange={setTyped} className="flex flex-col gap-1" autoComplete="off">
            <Label className={LABEL}>Type the name {server.name} to remove it</Label>
            <Input className={INPUT} />
          </TextField>
        </>
      )}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="danger" isDisabled={!isConfirmed} isPending={isPending} onPress={() => run(isNeeded)}>
          {isNeeded ? 'Remove all the same' : 'Remove server'}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function useRemoval(server: Server, onClose: () => void, onRemoved?: () => void) {
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const { base, settle } = useBase(server, () => readServer(server.id), confirmAnew);
  const run = async (force: boolean) => {
    setPending(true);
    try {
      await remove(server.id, { seen: base, force });
    } catch (problem) {
      setError(await settle(problem));
      setPending(false);
      return;
    }
    say(`${server.name} is removed.`);
    onClose();
    onRemoved?.();
    await invalidate('/api/servers', '/api/overview', '/api/api-keys');
  };
  const isNeeded = error instanceof ApiError && error.status === 409;
  return { run, isPending, error, isNeeded };
}
