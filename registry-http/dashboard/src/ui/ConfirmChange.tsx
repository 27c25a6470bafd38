import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { invalidate } from '@/api/query';
import { confirmAnew, useBase } from './base';
import type { ButtonKind } from './Button';
import { ConfirmDialog } from './Dialog';
import { say } from './Toast';

interface ConfirmChangeProps<R extends { revision: number }> {
  title: string;
  /** What the button says: the verb, such as "Remove tenant". */
  action: string;
  kind?: ButtonKind;
  /** What is changed, as it was seen. */
  record: R;
  /** Reads it anew, if somebody changed it meanwhile. */
  read: () => Promise<R | undefined>;
  /** Makes the change from this revision of it. */
  change: (record: R) => Promise<unknown>;
  /** What to say once it is done. */
  done: string;
  /** The paths whose answers the change makes old. */
  changes: readonly string[];
  onClose: () => void;
  /** In place of `onClose`, once it is done. */
  onDone?: () => void;
  children: ReactNode;
}

/** Asks before a record is changed in a way that takes no form: removed, disabled, rotated. */
export function ConfirmChange<R extends { revision: number }>({
  record,
  read,
  change,
  done,
  changes,
  onClose,
  onDone = onClose,
  ...rest
}: ConfirmChangeProps<R>) {
  const { base, settle } = useBase(record, read, confirmAnew);
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      try {
        await change(base);
      } catch (problem) {
        throw await settle(problem);
      }
    },
    onSuccess: () => {
      say(done);
      onDone();
      void invalidate(...changes);
    },
    onError: () => invalidate(...changes),
  });
  return <ConfirmDialog {...rest} isOpen onClose={onClose} onConfirm={mutate} isPending={isPending} error={error} />;
}
