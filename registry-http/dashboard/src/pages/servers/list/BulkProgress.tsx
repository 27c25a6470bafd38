import { Label } from 'react-aria-components/Label';
import { ProgressBar } from 'react-aria-components/ProgressBar';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import type { BulkAction, Progress } from './bulk';

const WORDS: Record<BulkAction, { running: string; done: string }> = {
  check: { running: 'Checking', done: 'Checked' },
  start: { running: 'Starting', done: 'Started' },
  stop: { running: 'Stopping', done: 'Stopped' },
  remove: { running: 'Removing', done: 'Removed' },
};

/** How far an action on many servers is, and what went wrong. */
export function BulkProgress({ progress, onClose }: { progress: Progress; onClose: () => void }) {
  const { action, total, done, failures, isRunning } = progress;
  const label = `${isRunning ? WORDS[action].running : WORDS[action].done} ${done} of ${total} servers`;
  return (
    <section
      className="flex flex-col gap-3 rounded-xl border border-line bg-raised p-4 shadow-overlay"
      aria-label="Progress"
    >
      <div className="flex items-center gap-4">
        <ProgressBar value={done} maxValue={Math.max(total, 1)} className="flex min-w-0 flex-1 flex-col gap-1.5">
          <Label aria-live="polite" className="font-medium">
            {label}
            {failures.length > 0 && <span className="text-danger">, {failures.length} with a problem</span>}
          </Label>
          <progress
            aria-hidden="true"
            value={done}
            max={Math.max(total, 1)}
            className="h-2 w-full appearance-none overflow-hidden rounded-full bg-sunken [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent"
          />
        </ProgressBar>
        {!isRunning && (
          <Button kind="quiet" size="small" aria-label="Close the progress" onPress={onClose}>
            <Icon name="close" className="size-4" />
          </Button>
        )}
      </div>
      {failures.length > 0 && (
        <ul className="max-h-40 overflow-auto text-sm">
          {failures.map(({ name, problem }) => (
            <li key={name}>
              <span className="font-medium">{name}</span>: {problem}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
