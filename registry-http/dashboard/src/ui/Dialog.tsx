import { type ReactNode, useEffect } from 'react';
import { Dialog as AriaDialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { Button, type ButtonKind } from './Button';
import { classes } from './class';
import { Icon } from './Icon';
import { Problem } from './Problem';

/** `drawer` comes from the side, for details of a record. */
export type DialogSize = 'small' | 'normal' | 'form' | 'wide' | 'drawer';

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  size?: DialogSize;
  /** Something must be done here first (a secret is shown once): neither Escape nor a click outside closes it. */
  isHeld?: boolean;
  role?: 'dialog' | 'alertdialog';
}

const SIZES: Record<DialogSize, string> = {
  small: 'max-w-md',
  normal: 'max-w-xl',
  form: 'max-w-2xl',
  wide: 'max-w-4xl',
  drawer: 'max-w-2xl sm:mr-0 sm:h-dvh sm:max-h-dvh sm:rounded-none sm:rounded-l-2xl',
};

/** A dialog that is over the page. On a phone it has the whole width. */
export function Dialog({
  title,
  isOpen,
  onClose,
  children,
  size = 'normal',
  isHeld = false,
  role = 'dialog',
}: DialogProps) {
  useFocusAfter(isOpen);
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable={!isHeld}
      isKeyboardDismissDisabled={isHeld}
      className={classes(
        'fixed inset-0 z-40 flex items-end justify-center bg-[#0008] backdrop-blur-xs sm:items-center',
        size !== 'drawer' && 'sm:p-4',
      )}
    >
      <Modal
        className={classes(
          'max-h-[92dvh] w-full overflow-auto rounded-t-2xl border border-line bg-raised shadow-overlay sm:mx-auto sm:rounded-2xl',
          SIZES[size],
        )}
      >
        <AriaDialog role={role} className="flex flex-col gap-4 p-5 outline-none sm:p-6">
          <div className="flex items-start justify-between gap-4">
            <Heading slot="title" className="text-lg font-semibold">
              {title}
            </Heading>
            {!isHeld && (
              <Button kind="quiet" size="small" aria-label="Close" onPress={onClose}>
                <Icon name="close" className="size-4" />
              </Button>
            )}
          </div>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/**
 * What had the focus before may be gone with a menu or another dialog: then the page's heading gets it, and not nothing.
 * React Aria gives it back in the next frame, so one looks in the one after.
 */
function useFocusAfter(isOpen: boolean) {
  useEffect(() => {
    if (!isOpen) return;
    return () => void requestAnimationFrame(() => requestAnimationFrame(focusHeading));
  }, [isOpen]);
}

function focusHeading() {
  if (document.activeElement === document.body) document.querySelector('h1')?.focus();
}

/** How the end of a dialog looks: it stays in sight while a long form scrolls. */
export const DIALOG_END = 'sticky bottom-0 z-10 -mx-5 flex flex-wrap gap-2 bg-raised px-5 sm:-mx-6 sm:px-6';

/** The buttons at the end of a dialog. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={classes(DIALOG_END, 'justify-end py-2')}>{children}</div>;
}

interface ConfirmProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  onConfirm: () => void;
  children: ReactNode;
  /** What the button says: the verb, such as "Revoke key". */
  action: string;
  kind?: ButtonKind;
  isPending?: boolean;
  error?: unknown;
}

/** Asks before what cannot be undone. */
export function ConfirmDialog({
  title,
  isOpen,
  onClose,
  onConfirm,
  children,
  action,
  kind = 'danger',
  isPending = false,
  error,
}: ConfirmProps) {
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose} size="small" role="alertdialog">
      <div className="flex flex-col gap-3">{children}</div>
      <Problem error={error} />
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind={kind} isPending={isPending} onPress={onConfirm}>
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
