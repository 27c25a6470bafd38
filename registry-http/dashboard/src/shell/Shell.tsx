import { Outlet } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from 'react';
import { startLive } from '@/api/live';
import { useMe } from '@/api/me';
import { ended, signedIn } from '@/api/session';
import { patient } from '@/api/patient';
import { Header } from './Header';
import { Navigation } from './Navigation';
import { useShortcut } from './shortcut';

// Not needed for the first look at a page.
const CommandPalette = lazy(() => patient(() => import('./CommandPalette')));
const SessionEnded = lazy(() => patient(() => import('./SessionEnded')));

let isLive = false;

/** What all pages have around them. */
export function Shell() {
  const me = useMe();
  const isEnded = useSyncExternalStore(ended.subscribe, ended.get);
  const [paletteOpen, setPaletteOpen] = useState(false);
  useShortcut(() => setPaletteOpen(!paletteOpen));
  // When the API says who it is, and not at each look at it: what is kept may be of a session that has ended.
  useEffect(() => signedIn(me), [me]);
  useEffect(() => {
    if (isLive) return;
    isLive = true;
    startLive();
  }, []);
  return (
    <div className="flex min-h-dvh flex-col">
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-surface focus:p-3">
        Skip to the content
      </a>
      <Header me={me} onSearch={() => setPaletteOpen(true)} />
      <div className="flex flex-1">
        <aside className="sticky top-14 hidden h-[calc(100dvh-3.5rem)] w-56 shrink-0 overflow-y-auto border-r border-line p-3 lg:block">
          <Navigation me={me} />
        </aside>
        <main id="main" className="min-w-0 flex-1">
          <Outlet />
        </main>
      </div>
      <Suspense fallback={null}>
        {paletteOpen && <CommandPalette me={me} onClose={() => setPaletteOpen(false)} />}
        {isEnded && <SessionEnded me={me} />}
      </Suspense>
    </div>
  );
}
