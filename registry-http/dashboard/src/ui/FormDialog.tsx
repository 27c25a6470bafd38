import { type ReactNode, useState } from 'react';
import { ConfirmDialog, Dialog } from '@/ui/Dialog';

interface FormDialogProps {
  title: string;
  /** Something was typed that would be lost. */
  isDirty: boolean;
  onClose: () => void;
  children: (close: () => void) => ReactNode;
}

/** A dialog with a form, which does not throw away what was typed without asking. */
export function FormDialog({ title, isDirty, onClose, children }: FormDialogProps) {
  const [asks, setAsks] = useState(false);
  const close = () => (isDirty ? setAsks(true) : onClose());
  return (
    <>
      <Dialog title={title} isOpen onClose={close} size="form">
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
