import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Capability } from '@/api/schema';
import { type Answers, ME, mockApi, onePage, refusal } from '@/test/api';
import { aKey, aServer } from '@/test/records';
import { renderPage } from '@/test/render';
import { serverSearch } from './search';
import { ServerPage } from './ServerPage';
import { pastedKey } from './tools/key';

const SERVER = aServer({
  description: 'Tells the weather',
  category: 'Maps',
  tags: ['prod'],
  dependsOn: ['0192dddd-0000-7000-8000-000000000009'],
  dependents: [],
  degradedBy: '0192dddd-0000-7000-8000-000000000009',
  circuit: { state: 'open', since: '2026-11-22T10:00:00Z', failures: 5, retryAt: '2026-11-22T10:01:00Z' },
  performance: {
    requestCount: 40,
    errorCount: 2,
    errorRate: 5,
    errorsByKind: { client: 0, upstream: 2, timeout: 0, limited: 0, gateway: 0 },
    bytesIn: 10,
    bytesOut: 2_048,
  },
});
const PATH = `/api/servers/${SERVER.id}`;
const EVIL = '<img src=x onerror=alert(1)>';

const capability = (rest: Partial<Capability>): Capability => ({
  name: 'forecast',
  definition: {},
  digest: 'd1',
  held: false,
  isCut: false,
  firstSeenAt: '2026-11-22T10:00:00Z',
  changedAt: '2026-11-22T10:00:00Z',
  ...rest,
});
const items = (...list: Capability[]) => ({ items: list, known: true, leftOut: 0, pagination: onePage(list.length) });
const NOTHING = { items: [], known: false, leftOut: 0, pagination: onePage(0) };

const TOOL = capability({
  title: EVIL,
  description: 'What the weather will be',
  definition: {
    annotations: { readOnlyHint: true, destructiveHint: false },
    inputSchema: { type: 'object', required: ['place'], properties: { place: { type: 'string' } } },
    outputSchema: { type: 'object' },
  },
});

const ANSWERS: Answers = {
  [`GET ${PATH}`]: SERVER,
  'GET /api/servers/0192dddd-0000-7000-8000-000000000009': aServer({ name: 'Base' }),
  [`GET /api/users/${ME.id}`]: ME,
  [`GET ${PATH}/tools`]: items(TOOL),
  [`GET ${PATH}/resources`]: items(
    capability({ name: 'file:///a', definition: { name: 'A', mimeType: 'text/plain', size: 2_048 } }),
  ),
  [`GET ${PATH}/resource-templates`]: items(capability({ name: 'file:///{x}' })),
  [`GET ${PATH}/prompts`]: items(
    capability({ name: 'greet', definition: { arguments: [{ name: 'whom', required: true, description: 'Who' }, 7] } }),
  ),
  [`GET ${PATH}/capability-changes`]: {
    changes: [
      { kind: 'tool', name: 'forecast', nature: 'changed', before: { old: 1 }, after: {}, held: true, timestamp: '' },
    ],
    pagination: onePage(1),
  },
  'GET /api/api-keys': { apiKeys: [aKey({ serverId: SERVER.id })], pagination: onePage(1) },
  'GET /api/audit-logs': { entries: [], pagination: onePage(0) },
};

const show = (tab?: string, answers: Answers = {}) => {
  const calls = mockApi({ ...ANSWERS, ...answers });
  const at = `/servers/${SERVER.id}${tab ? `?tab=${tab}` : ''}`;
  return { calls, ...renderPage(ServerPage, { route: '/servers/$serverId', at, search: serverSearch }) };
};

describe('the page of a server', () => {
  it('tells what it is, how it does, and how clients call it', async () => {
    show();
    expect(await screen.findByRole('heading', { level: 1, name: 'Weather' })).toBeVisible();
    expect(screen.getByText('Tells the weather')).toBeVisible();
    expect(screen.getByText(`${window.location.origin}/mcp/weather`)).toBeVisible();
    expect(screen.getByText('Too many calls failed: none is let through for a while.')).toBeVisible();
    expect((await screen.findAllByText('Base')).length).toBe(2);
    expect(screen.getByText('40')).toBeVisible();
  });

  it('searches what it lists, by its address', async () => {
    const two = items(capability({ name: 'greet', definition: {} }), capability({ name: 'part', definition: {} }));
    const { user, history } = show('prompts&search=gre', { [`GET ${PATH}/prompts`]: two });
    expect(await screen.findByText('greet')).toBeVisible();
    expect(screen.queryByText('part')).toBeNull();
    await user.clear(screen.getByRole('searchbox', { name: 'Search prompts' }));
    expect(await screen.findByText('part')).toBeVisible();
    expect(history.location.search).toBe('?tab=prompts');
  });

  it('shows one of its parts, by its address', async () => {
    const { user, history } = show();
    await user.click(await screen.findByRole('tab', { name: 'Prompts' }));
    await waitFor(() => expect(history.location.search).toBe('?tab=prompts'));
    expect(await screen.findByText('greet')).toBeVisible();
    expect(screen.getByText('needed: Who')).toBeVisible();
  });

  it('says that it is not here when it is not', async () => {
    show(undefined, { [`GET ${PATH}`]: refusal(404, 'NOT_FOUND', 'not found') });
    expect(await screen.findByText('This is not here')).toBeVisible();
  });

  it('offers a user no keys to manage, no log, and nothing that changes it', async () => {
    show('settings', { 'GET /api/users/me': { ...ME, role: 'user', id: 'other' } });
    expect(await screen.findByText('Its owner and administrators change it.')).toBeVisible();
    expect(screen.queryByRole('tab', { name: 'Audit' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Edit server' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Check now' })).toBeNull();
  });

  it('lists resources, keys and the log', async () => {
    const { user } = show('resources');
    expect(await screen.findByText('file:///a')).toBeVisible();
    expect(screen.getByText('text/plain')).toBeVisible();
    expect(await screen.findByText('Resource templates')).toBeVisible();
    await user.click(screen.getByRole('tab', { name: 'Keys' }));
    expect(await screen.findByRole('row', { name: /CI/ })).toBeVisible();
    await user.click(screen.getByRole('tab', { name: 'Audit' }));
    expect(await screen.findByText('The audit log says nothing of it')).toBeVisible();
  });

  it('is put into maintenance, edited and removed in its settings', async () => {
    const { user, history } = show('settings', { [`PUT ${PATH}`]: SERVER, [`DELETE ${PATH}`]: null });
    await user.click(await screen.findByRole('button', { name: 'Put into maintenance' }));
    expect(await screen.findByText('Weather is in maintenance.')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Edit server' }));
    expect(await screen.findByRole('dialog', { name: 'Edit Weather' })).toBeVisible();
    await user.keyboard('{Escape}');
    await user.click(await screen.findByRole('button', { name: 'Remove server' }));
    const dialog = await screen.findByRole('alertdialog');
    await user.click(within(dialog).getByRole('button', { name: 'Remove server' }));
    await waitFor(() => expect(history.location.pathname).toBe('/servers'));
  });
});

describe('the health and the usage of a server', () => {
  const part = { from: '2026-11-22T10:00:00Z', to: '2026-11-22T11:00:00Z' };
  const times = { average: 14, p50: 12, p95: 30, p99: 90 };
  const trend = {
    ...part,
    resolution: 'hour',
    total: { checks: 12, successes: 11, degraded: 0, failures: 1, uptime: 91.6 },
    points: [{ ...part, checks: 12, successes: 11, degraded: 0, failures: 1, uptime: 91.6, responseTimes: times }],
    changes: [{ checkId: 'c1', serverId: SERVER.id, from: 'healthy', to: 'unhealthy', timestamp: part.from }],
  };
  const check = {
    id: 'c1',
    serverId: SERVER.id,
    status: 'timeout',
    timestamp: part.from,
    responseTime: 10_000,
    checkType: 'manual',
    deep: true,
    details: {},
    errors: ['no answer in time'],
  };
  const health = {
    serverId: SERVER.id,
    healthStatus: 'healthy',
    healthCheckFailures: 0,
    uptime: { last24Hours: 99.5 },
  };

  it('tells how checks went, over time and one by one', async () => {
    const { user, history } = show('health', {
      [`GET ${PATH}/health`]: ({ query }) =>
        query.has('resolution') ? { ...health, trend } : { ...health, history: [check], pagination: onePage(1) },
    });
    expect(await screen.findByText('99.5%')).toBeVisible();
    expect((await screen.findAllByText(/12 checks, 1 failed, 91.6% up/)).length).toBeGreaterThan(0);
    expect(await screen.findByText('Asked for, in depth')).toBeVisible();
    expect(screen.getByText('No answer in time.')).toBeVisible();
    await user.click(screen.getByRole('button', { name: /Period/ }));
    await user.click(await screen.findByRole('option', { name: 'Last 30 days' }));
    await waitFor(() => expect(history.location.search).toContain('days=30'));
  });

  it('tells how it was called', async () => {
    const total = {
      requests: 40,
      errors: 2,
      errorRate: 5,
      errorsByKind: { client: 0, upstream: 2, timeout: 0, limited: 0, gateway: 0 },
      bytesIn: 1,
      bytesOut: 2,
      responseTimes: times,
    };
    const usage = { ...part, resolution: 'hour', series: [{ total, points: [{ ...part, ...total }] }] };
    const { calls } = show('usage', { 'GET /api/analytics/usage': usage });
    expect(await screen.findByText('5%: 2 by the server')).toBeVisible();
    expect(screen.getAllByRole('figure').length).toBe(2);
    expect(calls.find(({ path }) => path === '/api/analytics/usage')?.query.get('serverId')).toBe(SERVER.id);
  });

  it('is not told to other tenants', async () => {
    show('usage', { 'GET /api/analytics/usage': refusal(403, 'FORBIDDEN', 'no') });
    expect(await screen.findByText('This is for the server’s own tenant')).toBeVisible();
  });
});

describe('the tools of a server', () => {
  it('are shown as the server says, as text', async () => {
    const { user } = show('tools');
    expect(await screen.findByText(EVIL)).toBeVisible();
    expect(document.querySelector('img')).toBeNull();
    expect(screen.getByText('Reads only')).toBeVisible();
    await user.click(screen.getByText('Input and output'));
    expect(screen.getByRole('region', { name: 'Output schema' })).toBeVisible();
    await user.type(screen.getByRole('searchbox'), 'xyz');
    expect(await screen.findByText('None of these tools has this text.')).toBeVisible();
  });

  it('are not known before a check in depth', async () => {
    show('tools', { [`GET ${PATH}/tools`]: NOTHING });
    expect(await screen.findByText('Its tools are not known yet')).toBeVisible();
  });

  it('that are withheld are approved by the digest that was looked at', async () => {
    const { user, calls } = show('tools', {
      [`GET ${PATH}/tools`]: items({ ...TOOL, held: true }),
      [`POST ${PATH}/tools/forecast/approve`]: TOOL,
    });
    await user.click(await screen.findByText('What it was before, and is now'));
    expect(screen.getByRole('region', { name: 'Before' })).toHaveTextContent('"old": 1');
    await user.click(screen.getByRole('button', { name: 'Approve this definition' }));
    expect(await screen.findByText('forecast can be called.')).toBeVisible();
    expect(calls.find(({ method }) => method === 'POST')?.body).toEqual({ digest: 'd1' });
  });

  it('are tried with a key that is pasted; the answer is text', async () => {
    const { user, calls } = show('tools', {
      'POST /mcp/weather': ({ body }) => {
        const { id, method } = body as { id: number; method: string };
        const content = [{ type: 'text', text: EVIL }];
        return Response.json({ jsonrpc: '2.0', id, result: method === 'tools/call' ? { content } : {} });
      },
    });
    await user.click(await screen.findByRole('button', { name: 'Try forecast' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Try forecast' }));
    await user.type(dialog.getByLabelText('API key'), 'mcp_k');
    await user.click(dialog.getByRole('button', { name: 'Call tool' }));
    expect(await dialog.findByText('This is needed')).toBeVisible();
    await user.type(dialog.getByLabelText('place'), 'Oslo');
    await user.click(dialog.getByText('Arguments as JSON'));
    expect(dialog.getByLabelText('Arguments (JSON)')).toHaveValue('{\n  "place": "Oslo"\n}');
    await user.click(dialog.getByRole('button', { name: 'Call tool' }));
    expect(await dialog.findByText('Answered')).toBeVisible();
    expect(dialog.getByText(EVIL)).toBeVisible();
    expect(calls.at(-1)?.body).toMatchObject({ params: { arguments: { place: 'Oslo' } } });
    // In memory, and nowhere else.
    expect(pastedKey.get()).toBe('mcp_k');
    expect(localStorage.length + sessionStorage.length).toBe(0);
  });

  it('that cannot be called say why', async () => {
    const error = { code: -32000, message: 'the tool is withheld' };
    const { user } = show('tools', {
      'POST /mcp/weather': Response.json({ jsonrpc: '2.0', id: 1, error }, { status: 403 }),
    });
    await user.click(await screen.findByRole('button', { name: 'Try forecast' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Try forecast' }));
    await user.type(dialog.getByLabelText('place'), 'Oslo');
    await user.click(dialog.getByRole('button', { name: 'Call tool' }));
    expect(await dialog.findByText('The tool is withheld.')).toBeVisible();
  });
});
