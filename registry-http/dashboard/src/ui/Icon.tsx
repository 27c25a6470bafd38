import type { ReactNode } from 'react';

const PATHS = {
  alert: 'M12 3 2 20h20L12 3Zm0 6v5m0 3v.01',
  audit: 'M6 3h9l4 4v14H6V3Zm3 8h7m-7 4h7M9 7h3',
  check: 'm5 12 5 5L20 7',
  chevron: 'm9 6 6 6-6 6',
  close: 'M6 6l12 12M18 6 6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  dashboard: 'M4 4h7v7H4zm9 0h7v7h-7zM4 13h7v7H4zm9 0h7v7h-7z',
  grip: 'M9 6v.01M15 6v.01M9 12v.01M15 12v.01M9 18v.01M15 18v.01',
  health: 'M3 12h4l3-7 4 14 3-7h4',
  key: 'M14 10a4 4 0 1 0-3.5 4L13 16.5h2.5V19H18v2h3v-3l-7-8Z',
  menu: 'M4 6h16M4 12h16M4 18h16',
  more: 'M11.5 5h1v1h-1zm0 6.5h1v1h-1zm0 6.500h1v1h-1z',
  pause: 'M8 5v14M16 5v14',
  play: 'm7 5 12 7-12 7V5Z',
  plus: 'M12 5v14M5 12h14',
  refresh: 'M20 11a8 8 0 1 0-2 6m2-10v4h-4',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm5-1.500L21 21',
  server: 'M4 4h16v6H4zm0 10h16v6H4zM8 7v.01M8 17v.01',
  settings: 'M4 7h10m4 0h2M4 17h2m4 0h10M16 5v4M8 15v4',
  tenant: 'M4 21V8l8-5 8 5v13M9 21v-6h6v6',
  users: 'M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7 10a7 7 0 0 1 14 0m0-17a4 4 0 0 1 0 7m3 10a7 7 0 0 0-3-6',
  warning: 'M12 8v5m0 3v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  webhook: 'M12 8a3 3 0 1 0-2.500-1.500L6 15m2 2a3 3 0 1 1-4-2m4 2h8m0-2a3 3 0 1 1-1 4m-1-6-3-6',
} as const;

export type IconName = keyof typeof PATHS;

/** A picture beside words: screen readers pass over it. */
export function Icon({ name, className = 'size-5' }: { name: IconName; className?: string }): ReactNode {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      className={`shrink-0 ${className}`}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
