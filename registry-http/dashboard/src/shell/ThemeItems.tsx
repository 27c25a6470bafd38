import { MenuItem } from 'react-aria-components/Menu';
import { HeaderMenu, ITEM } from './HeaderMenu';
import type { Opened } from './MenuButton';
import { chooseTheme, type Theme, THEMES, useTheme } from './theme';

/** The themes to choose from. */
export default function ThemeItems(opened: Opened) {
  const theme = useTheme();
  return (
    <HeaderMenu
      {...opened}
      aria-label="Theme"
      selectionMode="single"
      selectedKeys={[theme]}
      disallowEmptySelection
      onAction={(key) => chooseTheme(key as Theme)}
    >
      {THEMES.map(({ id, name, sign }) => (
        <MenuItem key={id} id={id} textValue={name} className={`${ITEM} selected:font-semibold`}>
          <span aria-hidden="true">{sign}</span> {name}
        </MenuItem>
      ))}
    </HeaderMenu>
  );
}
