import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import { useMe } from '@/api/me';
import type { Me, Server } from '@/api/schema';
import { may } from '@/api/session';
import { patient } from '@/api/patient';
import { Page } from '@/ui/Page';
import { ErrorState, Skeleton } from '@/ui/States';
import { Health, ServerState } from '@/ui/Status';
import { type TabContent, Tabs } from '@/ui/Tabs';
import { CheckButton } from './CheckButton';
import { StartStop } from './list/CardActions';
import { mayChange, mayCheck } from './rights';
import type { ServerTab } from './search';
import { ServerMenu } from './ServerMenu';
import { OverviewTab } from './tabs/OverviewTab';

// Each is read when somebody looks at it.
const ToolsTab = lazy(() => patient(() => import('./tools/ToolsTab')));
const ResourcesTab = lazy(() => patient(() => import('./tabs/ResourcesTab')));
const PromptsTab = lazy(() => patient(() => import('./tabs/PromptsTab')));
const HealthTab = lazy(() => patient(() => import('./tabs/HealthTab')));
const UsageTab = lazy(() => patient(() => import('./tabs/UsageTab')));
const KeysTab = lazy(() => patient(() => import('./tabs/KeysTab')));
const AuditTab = lazy(() => patient(() => import('./tabs/AuditTab')));
const SettingsTab = lazy(() => patient(() => import('./tabs/SettingsTab')));

const CRUMBS = [{ name: 'Servers', to: '/servers' }];

/** One server: what it is, what it offers, how it does. */
export function ServerPage() {
  const { serverId } = useParams({ from: '/servers/$serverId' });
  const { data, error, refetch } = kept(
    api.useQuery('get', '/api/servers/{id}', { params: { path: { id: serverId } } }),
  );
  if (data && !error) return <Shown server={data} />;
  return (
    <Page title="Server" crumbs={CRUMBS}>
      {error ? <ErrorState error={error} onRetry={refetch} /> : <Skeleton lines={4} className="h-24" />}
    </Page>
  );
}

function Shown({ server }: { server: Server }) {
  const me = useMe();
  const { tab = 'overview' } = useSearch({ from: '/servers/$serverId' });
  const navigate = useNavigate({ from: '/servers/$serverId' });
  const tabs = tabsOf(server, me);
  const selected = tabs.some(({ id }) => id === tab) ? tab : 'overview';
  return (
    <Page title={server.name} crumbs={CRUMBS} actions={<Actions server={server} me={me} />}>
      <div className="-mt-2 flex flex-wrap items-center gap-2" aria-live="polite">
        <Health status={server.healthStatus} />
        <ServerState status={server.status} />
        <span className="text-quiet">Version {server.version}</span>
      </div>
      <Tabs
        label={`Parts of ${server.name}`}
        tabs={tabs}
        selected={selected}
        onSelect={(next) => void navigate({ search: next === 'overview' ? {} : { tab: next } })}
      />
    </Page>
  );
}

function Actions({ server, me }: { server: Server; me: Me }) {
  return (
    <>
      {mayCheck(me, server) && <CheckButton server={server} />}
      {mayChange(me, server) && <StartStop server={server} />}
      <ServerMenu server={server} />
    </>
  );
}

/** The parts that `me` may see. */
function tabsOf(server: Server, me: Me): TabContent<ServerTab>[] {
  const all: (TabContent<ServerTab> & { isShown?: boolean })[] = [
    { id: 'overview', name: 'Overview', content: () => <OverviewTab server={server} /> },
    { id: 'tools', name: 'Tools', content: () => <ToolsTab server={server} /> },
    { id: 'resources', name: 'Resources', content: () => <ResourcesTab server={server} /> },
    { id: 'prompts', name: 'Prompts', content: () => <PromptsTab server={server} /> },
    { id: 'health', name: 'Health', content: () => <HealthTab server={server} /> },
    { id: 'usage', name: 'Usage', content: () => <UsageTab server={server} /> },
    { id: 'keys', name: 'Keys', content: () => <KeysTab server={server} />, isShown: may(me, 'keys:manage') },
    { id: 'audit', name: 'Audit', content: () => <AuditTab server={server} />, isShown: may(me, 'audit:read') },
    { id: 'settings', name: 'Settings', content: () => <SettingsTab server={server} /> },
  ];
  return all
    .filter(({ isShown = true }) => isShown)
    .map(({ content, ...tab }) => ({
      ...tab,
      content: () => <Suspense fallback={<Skeleton lines={3} className="h-20" />}>{content()}</Suspense>,
    }));
}
