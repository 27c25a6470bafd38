import { useSyncExternalStore } from 'react';

/** `system` follows the system as it changes. */
export type Theme = 'system' | 'light' | 'dark';

/** The themes, as people know them. */
export const THEMES: readonly { id: Theme; name: string; sign: string }[] = [
  { id: 'system', name: 'As the system', sign: '◐' },
  { id: 'light', name: 'Light', sign: '○' },
  { id: 'dark', name: 'Dark', sign: '●' },
];

const KEY = 'theme';

const listeners = new Set<() => void>();

/** What was chosen on this browser. `/theme.js` does the same before the first paint. */
export function keptTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

/** Shows the theme, and keeps it for the next visit. */
export function chooseTheme(theme: Theme): void {
  if (theme === 'system') {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset['theme'];
  } else {
    localStorage.setItem(KEY, theme);
    document.documentElement.dataset['theme'] = theme;
  }
  listeners.forEach((listener) => listener());
}

/** The theme that was chosen, wherever on the page it is chosen. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, keptTheme);
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
