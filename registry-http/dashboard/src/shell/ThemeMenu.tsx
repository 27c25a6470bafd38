import { lazy } from 'react';
import { patient } from '@/api/patient';
import { MenuButton } from './MenuButton';
import { THEMES, useTheme } from './theme';

const ThemeItems = lazy(() => patient(() => import('./ThemeItems')));

/** Light or dark. */
export function ThemeMenu() {
  const theme = useTheme();
  const now = THEMES.find(({ id }) => id === theme);
  return (
    <MenuButton label={`Theme: ${now?.name ?? ''}`} menu={(opened) => <ThemeItems {...opened} />}>
      <span aria-hidden="true">{now?.sign}</span>
    </MenuButton>
  );
}
