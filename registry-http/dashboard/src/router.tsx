import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { QueryClient } from '@tanstack/react-query';
import { meQuery } from './api/me';
import { queryClient } from './api/query';
import { patient } from './api/patient';
import { alertSearch } from './pages/alerts/search';
import { auditSearch } from './pages/audit/search';
import { healthSearch } from './pages/health/search';
import { keySearch } from './pages/keys/search';
import { serverListSearch, serverSearch } from './pages/servers/search';
import { settingsSearch } from './pages/settings/search';
import { tenantSearch } from './pages/tenants/search';
import { userSearch } from './pages/users/search';
import { webhookSearch } from './pages/webhooks/search';
import { Shell } from './shell/Shell';
import { NotFound } from './shell/NotFound';
import { ErrorState, Skeleton } from './ui/States';

interface Context {
  queryClient: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  loader: ({ context }) => context.queryClient.query({ ...meQuery, staleTime: 'static' }),
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: ({ error, reset }) => (
    <main className="mx-auto w-full max-w-3xl p-6">
      <ErrorState error={error} onRetry={reset} />
    </main>
  ),
});

const at = <P extends string>(path: P) => ({ getParentRoute: () => root, path }) as const;

const dashboard = createRoute({
  ...at('/'),
  component: lazyRouteComponent(() => patient(() => import('./pages/dashboard/DashboardPage')), 'DashboardPage'),
});
const servers = createRoute({
  ...at('/servers'),
  validateSearch: serverListSearch,
  component: lazyRouteComponent(() => patient(() => import('./pages/servers/ServersPage')), 'ServersPage'),
});
const server = createRoute({
  ...at('/servers/$serverId'),
  validateSearch: serverSearch,
  component: lazyRouteComponent(() => patient(() => import('./pages/servers/ServerPage')), 'ServerPage'),
});
const keys = createRoute({
  ...at('/keys'),
  validateSearch: keySearch,
  component: lazyRouteComponent(() => patient(() => import('./pages/keys/KeysPage')), 'KeysPage'),
});
const health = createRoute({
  ...at('/health'),
  validateSearch: healthSearch,
  component: lazyRouteComponent(() => patient(() => import('./pages/health/HealthPage')), 'HealthPage'),
});
const alerts = createRoute({
  ...at('/alerts'),
  validateSearch: alertSearch,
  component: lazyRouteComponent(() => patient(() => import('./pages/alerts/AlertsPage')), 'AlertsPage'),
});
const webhooks = createRoute({
  ...at('/webhooks'),
  validateSearch: webhookSearch,
  component: lazyRouteComponent(() => patient(() => import('./pages/webhooks/WebhooksPage')), 'WebhooksPage'),
});
const audit = createRoute({
  ...at('/audit'),
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => patient(() => import('./pages/audit/AuditPage')), 'AuditPage'),
});
const users = createRoute({
  ...at('/users'),
  validateSearch: userSearch,
  component: lazyRouteComponent(() => patient(() => import('./pages/users/UsersPage')), 'UsersPage'),
});
const tenants = createRoute({
  ...at('/tenants'),
  validateSearch: tenantSearch,
  component: lazyRouteComponent(() => patient(() => import('./pages/tenants/TenantsPage')), 'TenantsPage'),
});
const settings = createRoute({
  ...at('/settings'),
  validateSearch: settingsSearch,
  component: lazyRouteComponent(() => patient(() => import('./pages/settings/SettingsPage')), 'SettingsPage'),
});

const routeTree = root.addChildren([
  dashboard,
  servers,
  server,
  keys,
  health,
  alerts,
  webhooks,
  audit,
  users,
  tenants,
  settings,
]);

/** Where everything of the dashboard is. Filters are part of the address, so a view can be kept and passed on. */
export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultPendingComponent: () => (
    <div className="p-6">
      <Skeleton lines={4} />
    </div>
  ),
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
