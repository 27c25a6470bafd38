import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMe } from '@/api/me';
import { Page } from '@/ui/Page';
import { Tabs } from '@/ui/Tabs';
import { OwnServers } from './OwnServers';
import { Profile } from './Profile';
import { Security } from './Security';

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
          { id: 'servers', name: 'My servers', content: () => <OwnServers /> },
        ]}
      />
    </Page>
  );
}
