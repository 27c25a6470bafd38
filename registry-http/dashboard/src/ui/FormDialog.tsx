import { type ShouldBlockFn, useBlocker } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { ConfirmDialog, Dialog, type DialogSize } from './Dialog';

interface FormDialogProps {
  title: string;
  size?: DialogSize;
  /** Something was typed that would be lost. */
  isDirty: boolean;
  onClose: () => void;
  children: (close: () => void) => ReactNode;
}

/** A dialog with a form, which does not throw away what was typed without asking, not even for the Back button. */
export function FormDialog({ title, size = 'form', isDirty, onClose, children }: FormDialogProps) {
  const [asks, setAsks] = useState(false);
  const close = () => (isDirty ? setAsks(true) : onClose());
  useBlocker({
    shouldBlockFn: (going) => {
      const loses = isDirty && leavesForm(going);
      if (loses) setAsks(true);
      return loses;
    },
    enableBeforeUnload: isDirty,
  });
  return (
    <>
      <Dialog title={title} isOpen onClose={close} size={size}>
        {children(close)}
      </Dialog>
      <ConfirmDialog
        title="Throw away what you typed?"
        isOpen={asks}
        onClose={() => setAsks(false)}
        onConfirm={onClose}
        action="Throw away"
      >
        <p>Nothing of it is saved yet.</p>
      </ConfirmDialog>
    </>
  );
}

/** A form that was saved changes the address of its own page, and that is no leaving. */
const leavesForm: ShouldBlockFn = ({ action, current, next }) =>
  (action !== 'PUSH' && action !== 'REPLACE') || current.pathname !== next.pathname;
