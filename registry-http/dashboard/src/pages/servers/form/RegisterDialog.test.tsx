import { screen, waitFor, within } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import type { TestResult } from '@/api/schema';
import { type Answers, type Call, ME, mockApi, onePage, refusal } from '@/test/api';
import { aServer } from '@/test/records';
import { renderPage } from '@/test/render';
import RegisterDialog from './RegisterDialog';

const FOUND: TestResult = {
  success: true,
  status: 'healthy',
  responseTime: 12,
  details: {
    connectivity: true,
    authentication: true,
    capabilities: ['tools'],
    protocolVersion: '2025-11-25',
    tools: 13,
    resources: 7,
    prompts: 4,
  },
  tools: ['echo', 'get-sum'],
};
const REGISTERED = { ...aServer({ name: 'Weather Map', slug: 'weather-map' }), apiKey: 'mcp_onlyonce' };

const ANSWERS: Answers = {
  'POST /api/servers/validate': { valid: true },
  'POST /api/servers/test': FOUND,
  'POST /api/servers': () => Response.json(REGISTERED, { status: 201 }),
  'GET /api/tenants': { tenants: [{ id: 't2', name: 'acme' }], pagination: onePage(1) },
  'GET /api/servers': { servers: [aServer({ id: 'other', name: 'Other' })], pagination: onePage(1), filters: {} },
};

async function open(answers: Answers = {}) {
  const calls = mockApi({ ...ANSWERS, ...answers });
  const onClose = vi.fn();
  const { user, history } = renderPage(() => <RegisterDialog onClose={onClose} />);
  await screen.findByRole('dialog', { name: 'Register an MCP server' });
  return { calls, user, history, onClose };
}

async function fill(user: UserEvent, label: string | RegExp, text: string) {
  const field = screen.getByLabelText(label);
  await user.clear(field);
  await user.click(field);
  await user.paste(text);
}

async function choose(user: UserEvent, select: RegExp, option: string) {
  await user.click(screen.getByRole('button', { name: select }));
  await user.click(await screen.findByRole('option', { name: new RegExp(`^${option}`) }));
}

const press = (user: UserEvent, name: string | RegExp) => user.click(screen.getByRole('button', { name }));

async function toConnection(user: UserEvent, name = 'Weather Map') {
  await fill(user, 'Name', name);
  await screen.findByText(/This name is free/);
  await press(user, 'Next');
  await screen.findByLabelText('Endpoint URL');
}

async function toTheEnd(user: UserEvent) {
  await press(user, 'Next');
  await screen.findByText(/These are good for most servers/);
  await press(user, 'Next');
  await screen.findByRole('button', { name: 'Test the connection' });
}

const bodyOf = (calls: Call[], path: string) =>
  calls.find((call) => call.method === 'POST' && call.path === path)?.body;

describe('the name of a new server', () => {
  it('is needed, and so is a version, before one goes on', async () => {
    const { user } = await open();
    await fill(user, 'Version', 'one');
    await press(user, 'Next');
    expect(await screen.findByText('Give it a name')).toBeVisible();
    expect(screen.getByText('A version is like 1.2.3')).toBeVisible();
    expect(screen.getByLabelText('Name')).toHaveFocus();
    expect(screen.getByRole('button', { name: /Basics.*to be corrected/ })).toBeVisible();
  });

  it('says as one types which letters it may have', async () => {
    const { user } = await open();
    await user.type(screen.getByLabelText('Name'), 'a/b');
    expect(await screen.findByText(/Only letters/)).toBeVisible();
    expect(screen.getByLabelText('Name')).toBeInvalid();
  });

  it('is looked up while one types, and one that is taken is not gone on with', async () => {
    const taken = refusal(409, 'CONFLICT', 'a server of this tenant has this name');
    const { user, calls } = await open({ 'POST /api/servers/validate': taken });
    await user.type(screen.getByLabelText('Name'), 'Weather');
    expect(await screen.findByText(/A server has this name already/)).toBeVisible();
    await press(user, 'Next');
    expect(screen.getByLabelText('Name')).toHaveFocus();
    expect(screen.queryByLabelText('Endpoint URL')).toBeNull();
    // Not once for each letter.
    expect(calls.filter(({ path }) => path === '/api/servers/validate')).toHaveLength(1);
  });

  it('is not asked for beside the registration, to which it would be taken by this very server', async () => {
    const slow = () => new Promise<Response>(() => undefined);
    const { user, calls } = await open({ 'POST /api/servers/validate': slow, 'POST /api/servers': slow });
    const questions = () => calls.filter(({ path }) => path === '/api/servers/validate');
    await fill(user, 'Name', 'Weather Map');
    await press(user, 'Next');
    await screen.findByLabelText('Endpoint URL');
    await fill(user, 'Endpoint URL', 'https://weather.example/mcp');
    await toTheEnd(user);
    await waitFor(() => expect(questions()).toHaveLength(1));
    await press(user, 'Register server');
    await waitFor(() => expect(bodyOf(calls, '/api/servers')).toBeDefined());
    expect(questions().map(({ signal }) => signal.aborted)).toEqual([true]);
  });

  it('counts as free when only the address of the question is refused', async () => {
    const { user } = await open({ 'POST /api/servers/validate': refusal(422, 'UNPROCESSABLE_ENTITY', 'refused') });
    await user.type(screen.getByLabelText('Name'), 'Sea_Map');
    expect(await screen.findByText(/This name is free/)).toBeVisible();
    expect(screen.getByText('/mcp/sea-map')).toBeVisible();
  });
});

describe('the credentials of a new server', () => {
  const register = async (kind: string, fillIn: (user: UserEvent) => Promise<void>) => {
    const { user, calls } = await open();
    await toConnection(user);
    await fill(user, 'Endpoint URL', 'https://weather.example/mcp');
    if (kind !== 'None') await choose(user, /Authentication/, kind);
    await fillIn(user);
    await toTheEnd(user);
    await press(user, 'Register server');
    await screen.findByText('This is shown once. The service keeps no copy that could be read, so save it now.');
    return bodyOf(calls, '/api/servers');
  };

  it('are none unless one chooses them', async () => {
    const body = await register('None', () => Promise.resolve());
    expect(body).toMatchObject({
      name: 'Weather Map',
      version: '1.0.0',
      transportType: 'http',
      endpointUrl: 'https://weather.example/mcp',
      authType: 'none',
      settings: { timeoutMs: 30_000, maxRetries: 2, backoffMs: 500, toolChanges: 'accept', rateLimit: null },
      healthCheckInterval: 300,
    });
    expect(body).not.toHaveProperty('authConfig');
    expect(body).not.toHaveProperty('validateConnection');
    expect(body).not.toHaveProperty('tenantId');
  });

  it('may be a bearer token', async () => {
    const body = await register('Bearer token', (user) => fill(user, 'Token', 's3cret'));
    expect(body).toMatchObject({ authType: 'bearer', authConfig: { bearerToken: 's3cret' } });
  });

  it('may be a key in a header', async () => {
    const body = await register('API key', async (user) => {
      await fill(user, 'Key', 'k');
      await fill(user, 'Header', 'X-Key');
    });
    expect(body).toMatchObject({ authType: 'api_key', authConfig: { apiKey: 'k', apiKeyHeader: 'X-Key' } });
  });

  it('may be headers', async () => {
    const body = await register('Custom headers', async (user) => {
      await fill(user, 'Name 1', 'X-One');
      await fill(user, 'Value 1', 'one');
      await press(user, 'Another header');
      await fill(user, 'Name 2', 'X-Two');
      await fill(user, 'Value 2', 'two');
    });
    expect(body).toMatchObject({ authType: 'custom', authConfig: { custom: { 'X-One': 'one', 'X-Two': 'two' } } });
  });

  it('may be of an OAuth client; what is left empty is not sent', async () => {
    const body = await register('OAuth', async (user) => {
      await fill(user, 'Client id', 'me');
      await fill(user, 'Client secret', 'hush');
    });
    expect(body).toMatchObject({ authType: 'oauth', authConfig: { oauth: { clientId: 'me', clientSecret: 'hush' } } });
    expect(JSON.stringify(body)).not.toContain('tokenUrl');
  });

  it('have to be complete', async () => {
    const { user } = await open();
    await toConnection(user);
    await choose(user, /Authentication/, 'OAuth');
    await fill(user, 'Token URL', 'ftp://x');
    await press(user, 'Next');
    expect(await screen.findByText('Type the URL')).toBeVisible();
    expect(screen.getByText('Type the client id')).toBeVisible();
    expect(screen.getByText('Type the client secret')).toBeVisible();
    expect(screen.getByText(/This is not a URL that begins with/)).toBeVisible();
    await choose(user, /Authentication/, 'Custom headers');
    await fill(user, 'Name 1', 'not a name');
    expect(await screen.findByText('Type the name of a header')).toBeVisible();
  });

  it('of a process are in the operator’s file: only a launcher is asked for', async () => {
    const { user, calls } = await open();
    await toConnection(user);
    await choose(user, /Transport/, 'stdio');
    expect(screen.queryByLabelText('Endpoint URL')).toBeNull();
    expect(screen.queryByRole('button', { name: /Authentication/ })).toBeNull();
    await fill(user, 'Launcher', 'files');
    await toTheEnd(user);
    await press(user, 'Test the connection');
    await screen.findByText(/The server answers/);
    expect(bodyOf(calls, '/api/servers/test')).toMatchObject({
      transportType: 'stdio',
      endpointUrl: 'stdio:files',
      authType: 'none',
    });
  });

  it('of a process are for administrators to name', async () => {
    const { user } = await open({ 'GET /api/users/me': { ...ME, role: 'server_owner' } });
    await toConnection(user);
    await press(user, /Transport/);
    expect(await screen.findByRole('option', { name: /WebSocket/ })).toBeVisible();
    expect(screen.queryByRole('option', { name: /stdio/ })).toBeNull();
  });
});

describe('settings of a new server', () => {
  it('have bounds, and what is wrong is shown although it was folded away', async () => {
    const { user } = await open();
    await toConnection(user);
    await fill(user, 'Endpoint URL', 'https://weather.example/mcp');
    await press(user, 'Next');
    await fill(user, 'Time-out of a call (ms)', '1');
    await user.click(await screen.findByText('Retries and rate limit of calls'));
    await fill(user, 'Calls a minute', '60');
    await press(user, 'Next');
    expect(await screen.findByText('Type a whole number from 1,000 to 300,000')).toBeVisible();
    expect(screen.getByText('Type how many may come at once')).toBeVisible();
  });

  it('name the servers that it needs, and whose it is', async () => {
    const { user, calls } = await open();
    await choose(user, /Whose it is/, 'Everybody');
    await fill(user, 'Tags', 'prod demo,');
    await toConnection(user);
    await fill(user, 'Endpoint URL', 'https://weather.example/mcp');
    await press(user, 'Next');
    await user.click(await screen.findByText('Servers that it needs'));
    await user.click(await screen.findByText('Other'));
    await press(user, 'Next');
    await press(user, 'Test the connection');
    await screen.findByText(/The server answers/);
    expect(bodyOf(calls, '/api/servers/test')).toMatchObject({
      tags: ['prod', 'demo'],
      tenantId: null,
      dependsOn: ['other'],
    });
  });
});

describe('the test of a new server', () => {
  const atTheEnd = async (answers: Answers = {}) => {
    const opened = await open(answers);
    await toConnection(opened.user);
    await fill(opened.user, 'Endpoint URL', 'https://weather.example/mcp');
    await toTheEnd(opened.user);
    return opened;
  };

  it('tells what was found, before anything is saved', async () => {
    const { user, calls } = await atTheEnd();
    await press(user, 'Test the connection');
    const report = await screen.findByRole('region', { name: 'Result of the test' });
    expect(within(report).getByText('echo, get-sum')).toBeVisible();
    expect(within(report).getByText('13')).toBeVisible();
    expect(within(report).getByText('2025-11-25')).toBeVisible();
    expect(calls.some(({ method, path }) => method === 'POST' && path === '/api/servers')).toBe(false);
  });

  it('says what to do about a server that does not answer, and lets it be saved without', async () => {
    const failed = {
      ...FOUND,
      success: false,
      status: 'unhealthy',
      errors: ['the server answered 401'],
      details: { ...FOUND.details, errorCode: 'UNAUTHORIZED' },
    };
    const { user, calls } = await atTheEnd({ 'POST /api/servers/test': failed });
    await press(user, 'Test the connection');
    expect(await screen.findByText('The server answered 401.')).toBeVisible();
    expect(screen.getByText(/Correct the authentication/)).toBeVisible();
    await user.click(screen.getByRole('switch', { name: 'Connect when saving' }));
    await press(user, 'Register server');
    await waitFor(() => expect(bodyOf(calls, '/api/servers')).toMatchObject({ validateConnection: false }));
  });

  it('brings what the API says of a field to its field, in its step', async () => {
    const refused = refusal(400, 'INVALID_REQUEST', 'The input is not valid; see details', {
      endpointUrl: 'must be a URL of a public host',
      'settings.timeoutMs': 'must be 1000 to 300000',
    });
    const { user } = await atTheEnd({ 'POST /api/servers': refused });
    await press(user, 'Register server');
    expect(await screen.findByText('Must be a URL of a public host.')).toBeVisible();
    expect(screen.getByLabelText('Endpoint URL')).toBeInvalid();
    expect(screen.getByRole('button', { name: /Settings.*to be corrected/ })).toBeVisible();
  });

  it('brings a name that was taken meanwhile back to the name', async () => {
    const taken = refusal(409, 'CONFLICT', 'a server of this tenant has this name');
    const { user } = await atTheEnd({ 'POST /api/servers': taken });
    await press(user, 'Register server');
    expect(await screen.findByLabelText('Name')).toBeInvalid();
    expect(screen.getAllByText('A server of this tenant has this name.').length).toBeGreaterThan(0);
  });
});

describe('the key of a new server', () => {
  it('is shown until it was saved, with settings of clients that do not hold it', async () => {
    const { user, history } = await open();
    await toConnection(user);
    await fill(user, 'Endpoint URL', 'https://weather.example/mcp');
    await toTheEnd(user);
    await press(user, 'Register server');
    const dialog = await screen.findByRole('alertdialog', { name: 'Weather Map is registered' });
    expect(within(dialog).getByLabelText('API key')).toHaveValue('mcp_onlyonce');
    expect(within(dialog).getByRole('region', { name: 'Settings of VS Code' })).toHaveTextContent('/mcp/weather-map');
    expect(within(dialog).getByRole('region', { name: 'Settings of VS Code' })).not.toHaveTextContent('mcp_onlyonce');
    await user.keyboard('{Escape}');
    expect(within(dialog).getByRole('button', { name: 'Done' })).toBeDisabled();
    await user.click(within(dialog).getByRole('checkbox', { name: 'I have saved it' }));
    await user.click(within(dialog).getByRole('button', { name: 'Done' }));
    await waitFor(() => expect(history.location.pathname).toBe(`/servers/${REGISTERED.id}`));
  });
});

describe('leaving the dialog', () => {
  it('throws nothing away without asking', async () => {
    const { user, onClose } = await open();
    await user.type(screen.getByLabelText('Description'), 'x');
    await press(user, 'Cancel');
    await user.click(await screen.findByRole('button', { name: 'Throw away' }));
    expect(onClose).toHaveBeenCalledOnce();
  });

  it('goes at once when nothing was typed', async () => {
    const { user, onClose } = await open();
    await press(user, 'Cancel');
    expect(onClose).toHaveBeenCalledOnce();
  });
});
