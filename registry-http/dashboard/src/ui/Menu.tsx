import { Menu as AriaMenu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { Button } from './Button';
import { Icon } from './Icon';

export interface MenuAction {
  id: string;
  name: string;
  onAction: () => void;
  isDanger?: boolean;
  isDisabled?: boolean;
}

/** More that can be done with a record. `label` says with which. */
export function Menu({ label, actions }: { label: string; actions: readonly MenuAction[] }) {
  return (
    <MenuTrigger>
      <Button kind="quiet" size="small" aria-label={label}>
        <Icon name="more" className="size-5" />
      </Button>
      <Popover placement="bottom end" className="min-w-44 rounded-lg border border-line bg-raised p-1 shadow-overlay">
        <AriaMenu className="outline-none" aria-label={label}>
          {actions.map(({ id, name, onAction, isDanger = false, isDisabled = false }) => (
            <MenuItem
              key={id}
              id={id}
              onAction={onAction}
              isDisabled={isDisabled}
              className={`cursor-pointer rounded-md px-3 py-1.5 outline-none focus:bg-accent-soft disabled:opacity-50 ${isDanger ? 'text-danger' : ''}`}
            >
              {name}
            </MenuItem>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
