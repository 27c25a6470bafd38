import { type ReactNode, type RefObject, Suspense, useRef, useState } from 'react';
import { Button } from '@/ui/Button';

/** What a menu needs of the button that opened it. */
export interface Opened {
  trigger: RefObject<HTMLButtonElement | null>;
  onClose: () => void;
}

interface MenuButtonProps {
  label: string;
  children: ReactNode;
  /** The menu. It comes with a script of its own, which the first look at a page does not need. */
  menu: (opened: Opened) => ReactNode;
}

/** Opens a menu of the header. */
export function MenuButton({ label, children, menu }: MenuButtonProps) {
  const trigger = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        ref={trigger}
        kind="quiet"
        size="small"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onPress={() => setOpen(true)}
      >
        {children}
      </Button>
      {isOpen && <Suspense fallback={null}>{menu({ trigger, onClose: () => setOpen(false) })}</Suspense>}
    </>
  );
}
