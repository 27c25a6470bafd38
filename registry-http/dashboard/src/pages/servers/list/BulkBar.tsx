import { useState } from 'react';
import { invalidate } from '@/api/query';
import { useMe } from '@/api/me';
import { Button } from '@/ui/Button';
import { ConfirmDialog } from '@/ui/Dialog';
import { Icon } from '@/ui/Icon';
import { mayChange, mayCheck } from '../rights';
import { type BulkAction, type Progress, runBulk } from './bulk';
import { BulkProgress } from './BulkProgress';
import type { Selection } from './selection';

/** What can be done with the chosen servers. It stays in sight at the bottom. */
export function BulkBar({ selection }: { selection: Selection }) {
  const me = useMe();
  const [progress, setProgress] = useState<Progress>();
  const [asks, setAsks] = useState(false);
  const { servers } = selection;
  const changeable = servers.filter((server) => mayChange(me, server));
  const checkable = servers.filter((server) => mayCheck(me, server));
  const run = async (action: BulkAction) => {
    setAsks(false);
    await runBulk(action, action === 'check' ? checkable : changeable, setProgress);
    await invalidate('/api/servers', '/api/overview');
    if (action === 'remove') selection.clear();
  };
  return (
    <>
      {(progress !== undefined || servers.length > 0) && (
        <div className="sticky bottom-4 z-20 flex flex-col gap-2">
          {progress && <BulkProgress progress={progress} onClose={() => setProgress(undefined)} />}
          {servers.length > 0 && (
            <div
              role="toolbar"
              aria-label="Chosen servers"
              className="glass flex flex-wrap items-center gap-2 rounded-xl border border-line p-2 shadow-overlay"
            >
              <p className="px-2 font-medium" aria-live="polite">
                {servers.length} chosen
              </p>
              <Actions
                checkable={checkable.length}
                changeable={changeable.length}
                onRun={run}
                onRemove={() => setAsks(true)}
              />
              <Button size="small" kind="quiet" className="ml-auto" onPress={selection.clear}>
                Choose none
              </Button>
            </div>
          )}
        </div>
      )}
      <ConfirmDialog
        title={`Remove ${changeable.length} servers?`}
        isOpen={asks}
        onClose={() => setAsks(false)}
        onConfirm={() => run('remove')}
        action="Remove servers"
      >
        <p>Their history is removed, and the keys that are for them are revoked. This cannot be undone.</p>
        <p>Servers that others need are not removed.</p>
      </ConfirmDialog>
    </>
  );
}

interface ActionsProps {
  checkable: number;
  changeable: number;
  onRun: (action: BulkAction) => void;
  onRemove: () => void;
}

function Actions({ checkable, changeable, onRun, onRemove }: ActionsProps) {
  const cannotChange = changeable === 0;
  return (
    <>
      <Button size="small" isDisabled={checkable === 0} onPress={() => onRun('check')}>
        <Icon name="refresh" className="size-4" />
        Check
      </Button>
      <Button size="small" isDisabled={cannotChange} onPress={() => onRun('start')}>
        <Icon name="play" className="size-4" />
        Start
      </Button>
      <Button size="small" isDisabled={cannotChange} onPress={() => onRun('stop')}>
        <Icon name="pause" className="size-4" />
        Stop
      </Button>
      <Button size="small" isDisabled={cannotChange} onPress={onRemove}>
        Remove
      </Button>
    </>
  );
}
