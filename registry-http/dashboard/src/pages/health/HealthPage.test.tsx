import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { HealthJob } from '@/api/schema';
import { type Answers, ME, mockApi, onePage, refusal } from '@/test/api';
import { aServer } from '@/test/records';
import { renderPage } from '@/test/render';
import { HealthPage } from './HealthPage';
import { healthSearch } from './search';

const WELL = aServer({ lastHealthCheck: '2026-11-22T10:00:00Z' });
const DOWN = aServer({
  id: WELL.id.replace(/1$/, '2'),
  name: 'Payments',
  healthStatus: 'unhealthy',
  lastErrorMessage: 'no connection could be made',
});
const CHECK = {
  id: 'c1',
  serverId: WELL.id,
  status: 'healthy',
  timestamp: '2026-11-22T10:00:00Z',
  responseTime: 12,
  checkType: 'scheduled',
  deep: false,
  details: { connectivity: true, authentication: true, capabilities: [] },
};
const JOB: HealthJob = {
  id: '0192abcd-0000-7000-8000-000000000001',
  state: 'finished',
  total: 2,
  done: 2,
  deep: false,
  byStatus: { healthy: 1, degraded: 0, unhealthy: 0, timeout: 1, error: 0, unknown: 0 },
  failures: [{ serverId: DOWN.id, status: 'timeout', errorCode: 'TIMEOUT' }],
  createdAt: '2026-11-22T10:00:00Z',
  updatedAt: '2026-11-22T10:00:00Z',
};

const api = (more: Answers = {}) =>
  mockApi({
    'GET /api/overview': {
      servers: { total: 14, byHealth: { healthy: 9, degraded: 2, unhealthy: 3, unknown: 0 }, byStatus: {} },
      recentChanges: [],
    },
    'GET /api/servers': { servers: [WELL, DOWN], pagination: onePage(2), filters: {} },
    [`GET /api/servers/${DOWN.id}`]: DOWN,
    [`GET /api/servers/${WELL.id}/health`]: { history: [CHECK], pagination: onePage(1) },
    [`GET /api/servers/${DOWN.id}/health`]: { history: [], pagination: onePage(0) },
    ...more,
  });

const show = (at = '/health') => renderPage(HealthPage, { route: '/health', at, search: healthSearch });

describe('the health of all servers', () => {
  it('is counted, and each count is a filter that the address has', async () => {
    const calls = api();
    const { user, history } = show();
    const down = await screen.findByRole('button', { name: 'Down 3' });
    await user.click(down);
    expect(history.location.search).toContain('health=unhealthy');
    await waitFor(() =>
      expect(calls.findLast(({ path }) => path === '/api/servers')?.query.getAll('healthStatus')).toEqual([
        'unhealthy',
      ]),
    );
    await user.click(screen.getByRole('button', { name: 'Total 14' }));
    await waitFor(() => expect(history.location.search).not.toContain('health'));
  });

  it('is shown as tiles with the state, the last checks, the response time and the way to the details', async () => {
    api();
    show();
    const link = await screen.findByRole('link', { name: 'Weather' });
    expect(link).toHaveAttribute('href', `/servers/${WELL.id}?tab=health`);
    expect(await screen.findByRole('listbox', { name: 'Health of Weather. 1 check: healthy' })).toBeVisible();
    expect(screen.getByText(/12 ms/)).toBeVisible();
    expect(screen.getByText('No connection could be made.')).toBeVisible();
    expect(screen.getByText('No checks yet')).toBeVisible();
  });

  it('says what to do if there are none', async () => {
    api({ 'GET /api/servers': { servers: [], pagination: onePage(0), filters: {} } });
    show();
    expect(await screen.findByText('No servers yet')).toBeVisible();
  });

  it('says why it cannot be shown', async () => {
    api({ 'GET /api/servers': refusal(500, 'INTERNAL_ERROR', 'the store is broken') });
    show();
    expect(await screen.findByText('The store is broken.')).toBeVisible();
  });
});

describe('checking', () => {
  it('one server says what was found', async () => {
    const calls = api({ [`POST /api/servers/${WELL.id}/health-check`]: CHECK });
    const { user } = show();
    await user.click(await screen.findByRole('button', { name: 'Check Weather now' }));
    expect(await screen.findByText('Weather answers well.')).toBeVisible();
    expect(calls.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('all that are searched for is a job, of which the progress is shown', async () => {
    const calls = api({ 'POST /api/health-checks': JOB, [`GET /api/health-checks/${JOB.id}`]: JOB });
    const { user, history } = show('/health?search=pay');
    await screen.findByRole('link', { name: 'Weather' });
    await user.click(screen.getByRole('button', { name: 'Check all that fit' }));
    const progress = await screen.findByRole('region', { name: 'Checks' });
    expect(await within(progress).findByText('1 healthy, 0 degraded, 1 failed')).toBeVisible();
    await within(progress).findByText('Payments');
    expect(within(progress).getByRole('listitem')).toHaveTextContent('Payments: No answer in time TIMEOUT');
    expect(calls.find(({ method }) => method === 'POST')?.body).toEqual({ deep: false, tags: [], search: 'pay' });
    await user.click(within(progress).getByRole('button', { name: 'Close' }));
    await waitFor(() => expect(history.location.search).not.toContain('job'));
  });

  it('with a filter by health has those checked that are shown', async () => {
    const calls = api({ 'POST /api/health-checks': JOB, [`GET /api/health-checks/${JOB.id}`]: JOB });
    const { user } = show('/health?health=unhealthy');
    await user.click(await screen.findByRole('button', { name: 'Check these 2' }));
    await screen.findByRole('region', { name: 'Checks' });
    expect(calls.find(({ method }) => method === 'POST')?.body).toMatchObject({ servers: [WELL.id, DOWN.id] });
  });

  it('that is forgotten says so', async () => {
    api();
    show(`/health?job=${JOB.id}`);
    expect(await screen.findByText(/kept for an hour/)).toBeVisible();
  });

  it('is offered to nobody who may not', async () => {
    api({ 'GET /api/users/me': { ...ME, role: 'user' } });
    show();
    await screen.findByRole('link', { name: 'Weather' });
    expect(screen.queryByRole('button', { name: /Check/ })).toBeNull();
  });
});
