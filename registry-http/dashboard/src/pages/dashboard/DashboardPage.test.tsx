import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { Overview, RankedServer } from '@/api/schema';
import { type Answers, ME, mockApi } from '@/test/api';
import { renderPage } from '@/test/render';
import { server } from '@/test/server';
import { compared } from './compare';
import { DashboardPage } from './DashboardPage';

const WEATHER = server('Weather');
const TALLY = {
  requests: 200,
  errors: 5,
  errorRate: 2.5,
  errorsByKind: { client: 0, upstream: 5, timeout: 0, limited: 0, gateway: 0 },
  bytesIn: 0,
  bytesOut: 0,
  responseTimes: { average: 20, p50: 15, p95: 40, p99: 80 },
};
const RANKED: RankedServer = {
  ...TALLY,
  serverId: WEATHER.id,
  name: 'Weather',
  status: 'active',
  healthStatus: 'degraded',
};
const NOW = new Date().toISOString();

const OVERVIEW: Overview = {
  servers: {
    total: 3,
    byHealth: { healthy: 2, degraded: 0, unhealthy: 1, unknown: 0 },
    byStatus: { active: 2, inactive: 0, maintenance: 1, error: 0 },
  },
  usage: { last24Hours: TALLY, previous24Hours: { ...TALLY, requests: 100 } },
  comparedAt: NOW,
  busiest: [RANKED],
  slowest: [],
  alerts: { open: 1, acknowledged: 2, openBySeverity: { low: 0, medium: 0, high: 1, critical: 0 } },
  expiringKeys: {
    total: 7,
    keys: [{ id: WEATHER.id, name: 'ci', keyPrefix: 'mcp_abcd', ownerId: ME.id, expiresAt: NOW, autoRotate: true }],
  },
  recentChanges: [{ checkId: WEATHER.id, serverId: WEATHER.id, from: 'healthy', to: 'unhealthy', timestamp: NOW }],
  recentActivity: [
    {
      id: WEATHER.id,
      tenantId: ME.tenantId,
      eventType: 'server_registered',
      action: 'create',
      result: 'failure',
      resourceType: 'server',
      resourceId: WEATHER.id,
      actorId: ME.id,
      timestamp: NOW,
    },
  ],
};

function page(overview: Partial<Overview> = {}, answers: Answers = {}) {
  mockApi({
    'GET /api/overview': { ...OVERVIEW, ...overview },
    'GET /api/users/preferences/servers': { preferences: [] },
    'GET /api/analytics/usage': { from: NOW, to: NOW, resolution: 'hour', series: [{ total: TALLY, points: [] }] },
    [`GET /api/servers/${WEATHER.id}`]: WEATHER,
    [`GET /api/users/${ME.id}`]: ME,
    ...answers,
  });
  return renderPage(DashboardPage);
}

const part = (name: string) => screen.findByRole('region', { name });
const NO_SERVERS = { ...OVERVIEW.servers, total: 0 };

test('the counts lead to what they count', async () => {
  page();
  const servers = await part('Servers');
  expect(within(servers).getByRole('link', { name: /1 .*Unhealthy/ })).toHaveAttribute(
    'href',
    '/servers?health=unhealthy',
  );
  expect(within(servers).getByRole('link', { name: '1 in maintenance' })).toHaveAttribute(
    'href',
    '/servers?status=maintenance',
  );
  expect(within(await part('Open alerts')).getByRole('link', { name: '2 acknowledged' })).toBeVisible();
});

test('calls are compared with the day before, and told with what failed', async () => {
  page();
  const calls = await part('Calls in 24 hours');
  expect(calls).toHaveTextContent('200');
  expect(calls).toHaveTextContent('100% more than the day before');
  expect(calls).toHaveTextContent('2.5% failed, 95 of 100 within 40 ms');
});

test('changes, rankings, keys and activity name what they are about', async () => {
  page();
  expect(await within(await part('Health changes')).findByRole('link', { name: 'Weather' })).toBeVisible();
  expect(within(await part('Busiest servers')).getByText('200 calls', { exact: false })).toBeVisible();
  expect(within(await part('Slowest servers')).getByText(/none was called/)).toBeVisible();
  const keys = await part('Keys about to expire');
  expect(keys).toHaveTextContent('6 more expire soon.');
  const activity = await part('Recent activity');
  expect(await within(activity).findByText('Weather')).toBeVisible();
  expect(activity).toHaveTextContent('Failed');
});

test('one’s own first servers are there once they were put in an order', async () => {
  const preference = { serverId: WEATHER.id, userId: ME.id, isEnabled: true, displayOrder: -1, customSettings: {} };
  page({}, { 'GET /api/users/preferences/servers': { preferences: [{ ...preference, updatedAt: NOW }] } });
  expect(await within(await part('My servers')).findByRole('link', { name: 'Weather' })).toBeVisible();
});

test('without servers the first steps lead to adding one', async () => {
  page({ servers: NO_SERVERS });
  expect(await part('First steps')).toHaveTextContent('1. Register the server');
  expect(screen.getByRole('link', { name: 'Add server' })).toHaveAttribute('href', '/servers?add=true');
});

test('who may not register servers is told who does', async () => {
  page({ servers: NO_SERVERS }, { 'GET /api/users/me': { ...ME, role: 'user' } });
  expect(await screen.findByText('There is no server for you yet')).toBeVisible();
  expect(screen.queryByRole('link', { name: 'Add server' })).toBeNull();
});

test.each([
  [0, 0, 'None the day before either'],
  [3, 0, 'None the day before'],
  [100, 100, 'As many as the day before'],
  [90, 100, '10% fewer than the day before'],
])('%d after %d is told as %j', (now, before, words) => expect(compared(now, before)).toBe(words));
