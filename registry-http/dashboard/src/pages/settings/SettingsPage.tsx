import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useMe } from '@/api/me';
import { patient } from '@/api/patient';
import { Page } from '@/ui/Page';
import { Skeleton } from '@/ui/States';
import { Tabs } from '@/ui/Tabs';
import { Profile } from './Profile';
import { Security } from './Security';

// Dragging is a lot of script, of which the other parts have no use.
const OwnServers = lazy(() => patient(() => import('./OwnServers')));

/** Everything that is one's own. */
export function SettingsPage() {
  const me = useMe();
  const { tab = 'profile' } = useSearch({ from: '/settings' });
  const navigate = useNavigate({ from: '/settings' });
  return (
    <Page title="Settings">
      <Tabs
        label="Settings"
        selected={tab}
        onSelect={(next) => void navigate({ search: { tab: next }, replace: true })}
        tabs={[
          { id: 'profile', name: 'Profile', content: () => <Profile me={me} /> },
          { id: 'security', name: 'Sign-in and sessions', content: () => <Security me={me} /> },
          { id: 'servers', name: 'My servers', content: () => <OwnServersLater /> },
        ]}
      />
    </Page>
  );
}

function OwnServersLater() {
  return (
    <Suspense fallback={<Skeleton lines={6} />}>
      <OwnServers />
    </Suspense>
  );
}
