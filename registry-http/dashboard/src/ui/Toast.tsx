import { Button } from 'react-aria-components/Button';
import { Text } from 'react-aria-components/Text';
import {
  UNSTABLE_Toast as AriaToast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from 'react-aria-components/Toast';
import { messageOf } from '@/api/error';
import { classes } from './class';
import { Icon } from './Icon';

interface Note {
  text: string;
  tone: 'good' | 'danger';
}

/** Long enough to read; what went wrong stays until it is closed. */
const SHOWN_MS = 6_000;
const MOST_AT_ONCE = 3;

const queue = new ToastQueue<Note>({ maxVisibleToasts: MOST_AT_ONCE });

/** Says that something was done. */
export function say(text: string): void {
  queue.add({ text, tone: 'good' }, { timeout: SHOWN_MS });
}

/** Says that something was not done. */
export function sayFailure(error: unknown): void {
  queue.add({ text: messageOf(error), tone: 'danger' });
}

/** Closes all notes: each test begins without. */
export function closeNotes(): void {
  queue.clear();
}

/** Where notes appear. */
export function Toasts() {
  return (
    <ToastRegion queue={queue} className="fixed inset-x-4 bottom-4 z-50 flex flex-col items-end gap-2 outline-none">
      {({ toast }) => (
        <AriaToast
          toast={toast}
          className={classes(
            'flex w-full max-w-sm items-start gap-3 rounded-xl border bg-raised p-3 shadow-overlay',
            toast.content.tone === 'danger' ? 'border-danger text-danger' : 'border-line',
          )}
        >
          <Icon name={toast.content.tone === 'danger' ? 'warning' : 'check'} className="mt-0.5 size-5" />
          <ToastContent className="flex-1">
            <Text slot="title">{toast.content.text}</Text>
          </ToastContent>
          <Button slot="close" aria-label="Close this note" className="rounded p-1">
            <Icon name="close" className="size-4" />
          </Button>
        </AriaToast>
      )}
    </ToastRegion>
  );
}
