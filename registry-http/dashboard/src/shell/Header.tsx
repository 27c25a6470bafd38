import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useLiveState } from '@/api/live';
import type { Me } from '@/api/schema';
import { patient } from '@/api/patient';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { ThemeMenu } from './ThemeMenu';
import { UserMenu } from './UserMenu';

const MobileMenu = lazy(() => patient(() => import('./MobileMenu')));

/** The line at the top of all pages. */
export function Header({ me, onSearch }: { me: Me; onSearch: () => void }) {
  const [menuOpen, setMenuOpen] = useState(false);
  return (
    <header className="glass sticky top-0 z-30 flex h-14 items-center gap-2 border-b border-line px-3 sm:px-4">
      <Button kind="quiet" size="small" aria-label="Menu" className="lg:hidden" onPress={() => setMenuOpen(true)}>
        <Icon name="menu" />
      </Button>
      <Link to="/" className="flex min-w-0 items-center gap-2 font-semibold">
        <img src="/pages/icon.svg" alt="" className="size-7" />
        <span className="hidden truncate sm:inline">MCP Registry Gateway</span>
        <span className="sr-only sm:hidden">MCP Registry Gateway</span>
      </Link>
      <div className="flex-1" />
      <LiveState />
      <Button kind="plain" size="small" onPress={onSearch} className="md:min-w-52 md:justify-start">
        <Icon name="search" className="size-4" />
        <span className="max-md:sr-only">Search and commands</span>
        <kbd aria-hidden="true" className="ml-auto hidden font-sans text-xs text-quiet sm:inline">
          Ctrl K
        </kbd>
      </Button>
      <ThemeMenu />
      <UserMenu me={me} />
      <Suspense fallback={null}>{menuOpen && <MobileMenu me={me} onClose={() => setMenuOpen(false)} />}</Suspense>
    </header>
  );
}

/** Whether what is shown follows what happens. */
function LiveState() {
  const isLive = useLiveState() === 'live';
  return (
    <p role="status" className={`flex items-center gap-1.5 text-sm ${isLive ? 'text-good' : 'text-warning'}`}>
      <span aria-hidden="true">{isLive ? '●' : '◌'}</span>
      <span className="max-sm:sr-only">{isLive ? 'Live' : 'Reconnecting'}</span>
    </p>
  );
}
