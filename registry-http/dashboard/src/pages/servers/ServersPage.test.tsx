import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Server } from '@/api/schema';
import { type Answers, ME, mockApi, onePage, refusal } from '@/test/api';
import { aServer } from '@/test/records';
import { renderPage } from '@/test/render';
import { serverListSearch } from './search';
import { ServersPage } from './ServersPage';

const WELL = aServer({ description: 'Tells the weather', tags: ['prod'] });
const DOWN = aServer({
  id: '0192dddd-0000-7000-8000-000000000002',
  name: 'Wiki',
  healthStatus: 'unhealthy',
  lastErrorMessage: 'no connection could be made',
});

const list = (...servers: Server[]): Answers => ({
  'GET /api/servers': { servers, pagination: onePage(servers.length), filters: {} },
  'GET /api/analytics/servers': {
    servers: [{ serverId: WELL.id, requests: 42, errors: 0, responseTimes: { average: 7, p50: 7, p95: 9, p99: 9 } }],
    pagination: onePage(1),
  },
});

const show = (at = '/servers') => renderPage(ServersPage, { route: '/servers', at, search: serverListSearch });

describe('the list of servers', () => {
  it('tells of each how it is, when it was checked, and how it is used', async () => {
    mockApi(list(WELL, DOWN));
    show();
    const card = within(await screen.findByRole('article', { name: 'Weather' }));
    expect(card.getByText('Healthy')).toBeVisible();
    expect(card.getByText('Tells the weather')).toBeVisible();
    expect(card.getByText('never')).toBeVisible();
    expect(await card.findByText('42')).toBeVisible();
    const down = within(screen.getByRole('article', { name: 'Wiki' }));
    expect(down.getByText('Unhealthy')).toBeVisible();
    expect(down.getByText('No connection could be made.')).toBeVisible();
  });

  it('asks for what the address says', async () => {
    const calls = mockApi(list(WELL));
    show(
      '/servers?search=wea&status=active&health=degraded&tags=%5B%22prod%22%5D&sort=status&order=desc&size=100&page=2',
    );
    await screen.findByRole('article', { name: 'Weather' });
    const query = calls.find(({ path }) => path === '/api/servers')?.query;
    expect(Object.fromEntries(query ?? [])).toEqual({
      search: 'wea',
      status: 'active',
      healthStatus: 'degraded',
      tags: 'prod',
      sortBy: 'status',
      sortOrder: 'desc',
      limit: '100',
      page: '2',
    });
  });

  it('keeps filters in the address', async () => {
    mockApi(list(WELL));
    const { user, history } = show('/servers?page=3');
    await screen.findByRole('article', { name: 'Weather' });
    await user.click(screen.getByRole('button', { name: /Health/ }));
    await user.click(await screen.findByRole('option', { name: 'Unhealthy' }));
    await waitFor(() => expect(history.location.search).toBe('?health=unhealthy'));
    await user.type(screen.getByLabelText(/Filter by tag/), 'slow{Enter}');
    await waitFor(() => expect(history.location.search).toContain('slow'));
    await user.click(await screen.findByRole('button', { name: 'No longer filter by the tag slow' }));
    await user.click(screen.getByRole('button', { name: 'Only servers with the tag prod' }));
    await waitFor(() => expect(history.location.search).toContain('prod'));
    await user.type(screen.getByRole('searchbox'), 'map');
    await waitFor(() => expect(history.location.search).toContain('search=map'));
  });

  it('is a table too, which is sorted by its head', async () => {
    mockApi(list(WELL, DOWN));
    const { user, history } = show();
    await user.click(await screen.findByRole('radio', { name: 'Table' }));
    expect(await screen.findByRole('rowheader', { name: 'Wiki' })).toBeVisible();
    await user.click(within(screen.getByRole('columnheader', { name: /State/ })).getByRole('button'));
    await waitFor(() => expect(history.location.search).toContain('sort=status'));
  });

  it('says what to do when there is nothing yet, to those who may', async () => {
    mockApi(list());
    const { user, history } = show();
    expect(await screen.findByText('No servers yet')).toBeVisible();
    await user.click(screen.getAllByRole('button', { name: 'Add server' })[1] ?? document.body);
    await waitFor(() => expect(history.location.search).toBe('?add=true'));
    expect(await screen.findByRole('dialog', { name: 'Register an MCP server' })).toBeVisible();
  });

  it('offers a user nothing that a user may not do', async () => {
    mockApi({ ...list(WELL), 'GET /api/users/me': { ...ME, role: 'user' } });
    const { user } = show('/servers?add=true');
    await screen.findByRole('article', { name: 'Weather' });
    expect(screen.queryByRole('button', { name: 'Add server' })).toBeNull();
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(screen.queryByRole('button', { name: 'Stop Weather' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Check Weather now' })).toBeNull();
    await user.click(screen.getByRole('button', { name: 'More for Weather' }));
    expect(screen.getAllByRole('menuitem').map(({ textContent }) => textContent)).toEqual([
      'Tools',
      'Health history',
      'Copy URL for clients',
    ]);
  });

  it('says why it cannot be shown', async () => {
    mockApi({ ...list(), 'GET /api/servers': refusal(500, 'INTERNAL_ERROR', 'the store is broken') });
    show();
    expect(await screen.findByText('The store is broken.')).toBeVisible();
  });

  it('shows all again when a filter leaves nothing', async () => {
    mockApi(list());
    const { user, history } = show('/servers?search=none');
    await user.click(await screen.findByRole('button', { name: 'Show all servers' }));
    await waitFor(() => expect(history.location.search).toBe(''));
  });
});

describe('a server of the list', () => {
  it('is stopped at once, and from the revision that was seen', async () => {
    let answer: (response: Response) => void = () => undefined;
    const calls = mockApi({
      ...list(WELL),
      [`PUT /api/servers/${WELL.id}`]: () => new Promise<Response>((resolve) => (answer = resolve)),
    });
    const { user } = show();
    await user.click(await screen.findByRole('button', { name: 'Stop Weather' }));
    expect(await screen.findByRole('button', { name: 'Start Weather' })).toBeVisible();
    const put = calls.find(({ method }) => method === 'PUT');
    expect(put?.body).toEqual({ status: 'inactive' });
    expect(put?.headers.get('if-match')).toBe('"1"');
    answer(Response.json(WELL));
    expect(await screen.findByText('Weather is stopped.')).toBeVisible();
  });

  it('is shown as it was when it could not be stopped', async () => {
    mockApi({ ...list(WELL), [`PUT /api/servers/${WELL.id}`]: refusal(412, 'PRECONDITION_FAILED', 'changed') });
    const { user } = show();
    await user.click(await screen.findByRole('button', { name: 'Stop Weather' }));
    expect(await screen.findByText(/Somebody else changed this server meanwhile/)).toBeVisible();
    expect(screen.getByRole('button', { name: 'Stop Weather' })).toBeVisible();
  });

  it('is checked, and what was found is said', async () => {
    mockApi({ ...list(WELL), [`POST /api/servers/${WELL.id}/health-check`]: { status: 'timeout' } });
    const { user } = show();
    await user.click(await screen.findByRole('button', { name: 'Check Weather now' }));
    expect(await screen.findByText('Weather does not answer in time.')).toBeVisible();
  });

  it('is removed although others need it only when its name is typed', async () => {
    const calls = mockApi({
      ...list(WELL),
      [`DELETE /api/servers/${WELL.id}`]: ({ query }) =>
        query.get('force') === 'true'
          ? null
          : refusal(409, 'CONFLICT', 'Wiki needs it', { dependents: 'Wiki needs it' }),
    });
    const { user } = show();
    await user.click(await screen.findByRole('button', { name: 'More for Weather' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Remove' }));
    await user.click(await screen.findByRole('button', { name: 'Remove server' }));
    expect(await screen.findByText('Wiki needs it.')).toBeVisible();
    const force = screen.getByRole('button', { name: 'Remove all the same' });
    expect(force).toBeDisabled();
    await user.type(screen.getByLabelText(/Type the name Weather/), 'Weather');
    await user.click(force);
    expect(await screen.findByText('Weather is removed.')).toBeVisible();
    expect(calls.filter(({ method }) => method === 'DELETE')).toHaveLength(2);
  });
});

describe('several servers', () => {
  const JOB = { id: 'job', state: 'running', total: 2, done: 1, failures: [] };

  it('are checked as one job, of which one sees how far it is', async () => {
    const ended = {
      ...JOB,
      state: 'finished',
      done: 2,
      failures: [{ serverId: DOWN.id, status: 'error', errorCode: 'UNREACHABLE' }],
    };
    const calls = mockApi({
      ...list(WELL, DOWN),
      'POST /api/health-checks': () => Response.json(JOB, { status: 202 }),
      'GET /api/health-checks/job': ended,
    });
    const { user } = show();
    await user.click(await screen.findByText('Choose all of this page'));
    await user.click(within(screen.getByRole('toolbar')).getByRole('button', { name: 'Check' }));
    expect(await screen.findByText(/Checking 1 of 2/)).toBeVisible();
    expect(await screen.findByText(/Checked 2 of 2/)).toBeVisible();
    expect(screen.getByText(/cannot be reached \(UNREACHABLE\)/)).toBeVisible();
    const post = calls.find(({ path }) => path === '/api/health-checks');
    expect(post?.body).toMatchObject({ servers: [WELL.id, DOWN.id] });
    await user.click(screen.getByRole('button', { name: 'Close the progress' }));
    expect(screen.queryByText(/Checked 2 of 2/)).toBeNull();
  });

  it('are stopped one by one; what fails does not keep the others', async () => {
    mockApi({
      ...list(WELL, DOWN),
      [`PUT /api/servers/${WELL.id}`]: WELL,
      [`PUT /api/servers/${DOWN.id}`]: refusal(403, 'FORBIDDEN', 'it belongs to somebody else'),
    });
    const { user } = show();
    await user.click(await screen.findByRole('checkbox', { name: 'Choose Weather' }));
    await user.click(screen.getByRole('checkbox', { name: 'Choose Wiki' }));
    await user.click(within(screen.getByRole('toolbar')).getByRole('button', { name: 'Stop' }));
    expect(await screen.findByText(/Stopped 2 of 2/)).toBeVisible();
    expect(screen.getByText(/It belongs to somebody else/)).toBeVisible();
  });

  it('are removed once that is confirmed', async () => {
    const calls = mockApi({ ...list(WELL), [`DELETE /api/servers/${WELL.id}`]: null });
    const { user } = show();
    await user.click(await screen.findByRole('checkbox', { name: 'Choose Weather' }));
    await user.click(within(screen.getByRole('toolbar')).getByRole('button', { name: 'Remove' }));
    await user.click(await screen.findByRole('button', { name: 'Remove servers' }));
    expect(await screen.findByText(/Removed 1 of 1/)).toBeVisible();
    expect(calls.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
    await waitFor(() => expect(screen.queryByRole('toolbar')).toBeNull());
  });
});
