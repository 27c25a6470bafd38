import type { ReactNode } from 'react';
import { Menu, type MenuProps } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import type { Opened } from './MenuButton';

/** How an item of such a menu looks. */
export const ITEM = 'cursor-pointer rounded-md px-3 py-1.5 outline-none focus:bg-accent-soft';

type HeaderMenuProps = Opened & Omit<MenuProps<object>, 'className' | 'onClose'> & { above?: ReactNode };

/** A menu below its button. `above` stands over the items. */
export function HeaderMenu({ trigger, onClose, above, ...rest }: HeaderMenuProps) {
  return (
    <Popover
      triggerRef={trigger}
      isOpen
      onOpenChange={(open) => !open && onClose()}
      placement="bottom end"
      className="min-w-48 rounded-lg border border-line bg-raised p-1 shadow-overlay"
    >
      {above}
      {/* eslint-disable-next-line jsx-a11y/no-autofocus -- a menu has the focus when it opens */}
      <Menu {...rest} autoFocus="first" onClose={onClose} className="outline-none" />
    </Popover>
  );
}
