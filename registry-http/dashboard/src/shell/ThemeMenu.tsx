import { Menu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { Button } from '@/ui/Button';
import { chooseTheme, type Theme, useTheme } from './theme';

const THEMES: readonly { id: Theme; name: string; sign: string }[] = [
  { id: 'system', name: 'As the system', sign: '◐' },
  { id: 'light', name: 'Light', sign: '○' },
  { id: 'dark', name: 'Dark', sign: '●' },
];

/** Light or dark. */
export function ThemeMenu() {
  const theme = useTheme();
  const now = THEMES.find(({ id }) => id === theme);
  return (
    <MenuTrigger>
      <Button kind="quiet" size="small" aria-label={`Theme: ${now?.name ?? ''}`}>
        <span aria-hidden="true">{now?.sign}</span>
      </Button>
      <Popover placement="bottom end" className="min-w-44 rounded-lg border border-line bg-raised p-1 shadow-overlay">
        <Menu
          aria-label="Theme"
          className="outline-none"
          selectionMode="single"
          selectedKeys={[theme]}
          disallowEmptySelection
          onAction={(key) => chooseTheme(key as Theme)}
        >
          {THEMES.map(({ id, name, sign }) => (
            <MenuItem
              key={id}
              id={id}
              textValue={name}
              className="cursor-pointer rounded-md px-3 py-1.5 outline-none focus:bg-accent-soft selected:font-semibold"
            >
              <span aria-hidden="true">{sign}</span> {name}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
