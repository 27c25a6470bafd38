import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { type Answers, ME, mockApi, onePage, refusal } from '@/test/api';
import { aKey, aServer, aUsage } from '@/test/records';
import { renderPage } from '@/test/render';
import { KeysPage } from './KeysPage';
import { keySearch } from './search';

const KEY = aKey();
const PATH = `/api/api-keys/${KEY.id}`;
const SECRET = 'mcp_secretsecret';

const list = (...apiKeys: ReturnType<typeof aKey>[]): Answers => ({
  'GET /api/api-keys': { apiKeys, pagination: onePage(apiKeys.length) },
  'GET /api/servers': { servers: [aServer()], pagination: onePage(1), filters: {} },
  [`GET /api/servers/${aServer().id}`]: aServer(),
  'GET /api/users': { users: [ME], pagination: onePage(1) },
  [`GET /api/users/${ME.id}`]: ME,
  [`GET ${PATH}`]: KEY,
  [`GET ${PATH}/usage`]: aUsage(),
});

const show = (at = '/keys') => renderPage(KeysPage, { route: '/keys', at, search: keySearch });

describe('the list of keys', () => {
  it('tells of each what it is, how long it is good, and when it was last used, without asking for each', async () => {
    const never = aKey({ id: KEY.id.replace('1', '2'), name: 'Unused' });
    delete never.lastUsedAt;
    const calls = mockApi(list(KEY, never));
    show();
    const row = await screen.findByRole('row', { name: /CI/ });
    expect(within(row).getAllByText('mcp_AbCd…')[0]).toBeVisible();
    expect(within(row).getByText('30 days left')).toBeVisible();
    expect(within(row).getByText('3 minutes ago')).toBeVisible();
    expect(within(row).getByText('Active')).toBeVisible();
    expect(within(screen.getByRole('row', { name: /Unused/ })).getByText('never')).toBeVisible();
    expect(calls.filter(({ path }) => path.endsWith('/usage'))).toEqual([]);
  });

  it('marks keys that are about to expire, and those that are over', async () => {
    const soon = aKey({
      id: KEY.id.replace('1', '2'),
      name: 'Soon',
      expiresAt: new Date(Date.now() + 5e6).toISOString(),
    });
    const over = aKey({ id: KEY.id.replace('1', '3'), name: 'Over', status: 'revoked' });
    mockApi(list(soon, over));
    show();
    expect(await screen.findByText('less than a day')).toBeVisible();
    expect(within(screen.getByRole('row', { name: /Over/ })).getByText('Revoked')).toBeVisible();
  });

  it('asks for the keys of the server and user that the address names', async () => {
    const calls = mockApi(list());
    show(`/keys?server=${aServer().id}&owner=${ME.id}`);
    expect(await screen.findByText('No such keys')).toBeVisible();
    const query = calls.find(({ path }) => path === '/api/api-keys')?.query;
    expect(query?.get('serverId')).toBe(aServer().id);
    expect(query?.get('ownerUserId')).toBe(ME.id);
  });

  it('offers somebody who makes no keys nothing of it', async () => {
    mockApi({ ...list(KEY), 'GET /api/users/me': { ...ME, role: 'user' } });
    const { user } = show();
    await screen.findByRole('row', { name: /CI/ });
    expect(screen.queryByRole('button', { name: 'Generate key' })).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Actions for CI' }));
    expect(screen.getAllByRole('menuitem').map((item) => item.textContent)).toEqual(['Usage and details']);
  });

  it('says why it cannot be shown', async () => {
    mockApi({ ...list(), 'GET /api/api-keys': refusal(500, 'INTERNAL_ERROR', 'the store is broken') });
    show();
    expect(await screen.findByText('The store is broken.')).toBeVisible();
  });
});

describe('making a key', () => {
  const form = async (answers: Answers = {}) => {
    const calls = mockApi({ ...list(), ...answers });
    const { user } = show('/keys?make=true');
    return { calls, user, dialog: await screen.findByRole('dialog', { name: 'Generate an API key' }) };
  };

  it('sends what was chosen, and shows the key until it was saved', async () => {
    const { calls, user, dialog } = await form({ 'POST /api/api-keys': { ...KEY, key: SECRET } });
    await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'CI');
    await user.click(within(dialog).getByRole('checkbox', { name: /Check health/ }));
    await user.click(within(dialog).getByText('Tools, rotation and user'));
    await user.type(within(dialog).getByRole('textbox', { name: 'Only these tools' }), 'echo{Enter}get_*');
    await user.click(within(dialog).getByRole('button', { name: 'Generate key' }));
    const secret = await screen.findByRole('alertdialog', { name: 'The key CI' });
    expect(within(secret).getByRole('textbox', { name: 'API key' })).toHaveValue(SECRET);
    expect(calls.find(({ method }) => method === 'POST')?.body).toEqual({
      name: 'CI',
      scopes: ['server:read', 'mcp:invoke', 'health:check'],
      tools: ['echo', 'get_*'],
      expiresInDays: 90,
      rotation: { days: 90, auto: false },
    });
    await user.keyboard('{Escape}');
    expect(within(secret).getByRole('button', { name: 'Done' })).toBeDisabled();
    await user.click(within(secret).getByRole('checkbox', { name: 'I have saved it' }));
    await user.click(within(secret).getByRole('button', { name: 'Done' }));
    await waitFor(() => expect(screen.queryByDisplayValue(SECRET)).toBeNull());
  });

  it('says beside the fields what is wrong, before anything is sent', async () => {
    const { calls, user, dialog } = await form();
    await user.clear(within(dialog).getByRole('textbox', { name: 'Expires after (days)' }));
    await user.type(within(dialog).getByRole('textbox', { name: 'Expires after (days)' }), '400');
    await user.click(within(dialog).getByText('Tools, rotation and user'));
    await user.type(within(dialog).getByRole('textbox', { name: 'Only these tools' }), 'a*b');
    await user.click(within(dialog).getByRole('button', { name: 'Generate key' }));
    expect(await within(dialog).findByText('Give the key a name.')).toBeVisible();
    expect(within(dialog).getByText('The lifetime is 1 to 365 days.')).toBeVisible();
    expect(within(dialog).getByText('A * stands only at the end of a name.')).toBeVisible();
    expect(calls.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('puts what the API says of a field beside it', async () => {
    const { user, dialog } = await form({
      'POST /api/api-keys': refusal(400, 'INVALID_REQUEST', 'the input is not valid', { name: 'is used already' }),
    });
    await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'CI');
    await user.click(within(dialog).getByRole('button', { name: 'Generate key' }));
    await waitFor(() =>
      expect(within(dialog).getByRole('textbox', { name: 'Name' })).toHaveAccessibleDescription(/Is used already/),
    );
    expect(within(dialog).getByRole('textbox', { name: 'Name' })).toHaveValue('CI');
  });
});

describe('a key', () => {
  const menu = async (name: string, answers: Answers, key = KEY) => {
    const calls = mockApi({ ...list(key), ...answers });
    const { user } = show();
    await user.click(await screen.findByRole('button', { name: 'Actions for CI' }));
    await user.click(screen.getByRole('menuitem', { name }));
    return { calls, user };
  };

  it('is rotated with the overlap that was chosen, knowing when the old secret was used', async () => {
    const { calls, user } = await menu('Rotate key', { [`POST ${PATH}/rotate`]: { ...KEY, key: SECRET } });
    const dialog = await screen.findByRole('dialog', { name: 'Rotate CI' });
    expect(within(dialog).getByText(/The old key was used/)).toHaveTextContent(
      'The old key was used 3 minutes ago from 10.0.0.7.',
    );
    await user.click(within(dialog).getByRole('button', { name: /The old secret/ }));
    await user.click(screen.getByRole('option', { name: /6 hours/ }));
    await user.click(within(dialog).getByRole('button', { name: 'Rotate key' }));
    expect(await screen.findByDisplayValue(SECRET)).toBeVisible();
    const sent = calls.find(({ method }) => method === 'POST');
    expect(sent?.body).toEqual({ gracePeriodSeconds: 21_600 });
    expect(sent?.headers.get('if-match')).toBe('"4"');
  });

  it('is rotated from its new revision, once that is confirmed again, if somebody changed it', async () => {
    let attempts = 0;
    const { calls, user } = await menu('Rotate key', {
      [`GET ${PATH}`]: aKey({ revision: 9 }),
      [`POST ${PATH}/rotate`]: () => {
        attempts += 1;
        return attempts === 1 ? refusal(412, 'PRECONDITION_FAILED', 'changed since') : { ...KEY, key: SECRET };
      },
    });
    const dialog = await screen.findByRole('dialog', { name: 'Rotate CI' });
    await user.click(within(dialog).getByRole('button', { name: 'Rotate key' }));
    expect(await within(dialog).findByRole('alert')).toHaveTextContent('confirm once more');
    await user.click(within(dialog).getByRole('button', { name: 'Rotate key' }));
    expect(await screen.findByDisplayValue(SECRET)).toBeVisible();
    const sent = calls.filter(({ method }) => method === 'POST');
    expect(sent.map(({ headers }) => headers.get('if-match'))).toEqual(['"4"', '"9"']);
  });

  it('is revoked once that is confirmed', async () => {
    const { calls, user } = await menu('Revoke key', { [`DELETE ${PATH}`]: null });
    const dialog = await screen.findByRole('alertdialog', { name: 'Revoke CI?' });
    await user.click(within(dialog).getByRole('button', { name: 'Revoke key' }));
    expect(await screen.findByText('CI is revoked.')).toBeVisible();
    expect(calls.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
  });

  it('is changed; what was cleared is cleared, and a conflict keeps what was typed', async () => {
    let attempts = 0;
    const { calls, user } = await menu('Edit', {
      [`GET ${PATH}`]: aKey({ revision: 9 }),
      [`PATCH ${PATH}`]: () => {
        attempts += 1;
        return attempts === 1 ? refusal(412, 'PRECONDITION_FAILED', 'changed since') : KEY;
      },
    });
    const dialog = await screen.findByRole('dialog', { name: 'Edit CI' });
    const name = within(dialog).getByRole('textbox', { name: 'Name' });
    await user.clear(name);
    await user.type(name, 'CI of the demo');
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    expect(await within(dialog).findByRole('alert')).toHaveTextContent('Somebody changed this meanwhile.');
    expect(name).toHaveValue('CI of the demo');
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('The key is changed.')).toBeVisible();
    const sent = calls.filter(({ method }) => method === 'PATCH');
    expect(sent.map(({ headers }) => headers.get('if-match'))).toEqual(['"4"', '"9"']);
    expect(sent[1]?.body).toMatchObject({ name: 'CI of the demo', description: null, tools: null });
  });

  it('that was rotated by itself gives its owner the new secret', async () => {
    const waiting = aKey({ unclaimedUntil: new Date(Date.now() + 7.3e7).toISOString() });
    const { user } = await menu('Fetch the new secret', { [`POST ${PATH}/claim`]: { ...KEY, key: SECRET } }, waiting);
    await user.click(await screen.findByRole('button', { name: 'Show the new secret' }));
    expect(await screen.findByDisplayValue(SECRET)).toBeVisible();
  });

  it('has its usage and its facts in a drawer of its own address', async () => {
    mockApi(list(KEY));
    show(`/keys?key=${KEY.id}`);
    const drawer = await screen.findByRole('dialog', { name: 'CI' });
    expect(await within(drawer).findByText('2 (5%)')).toBeVisible();
    expect(within(drawer).getByText('The server took too long')).toBeVisible();
    expect(within(drawer).getByText('every 90 days, by hand')).toBeVisible();
    expect(await within(drawer).findAllByText('olivia')).toHaveLength(2);
  });

  it('for one server has what is pasted into clients', async () => {
    const key = aKey({ serverId: aServer().id, tools: ['echo'] });
    mockApi({ ...list(key), [`GET ${PATH}`]: key });
    show(`/keys?key=${KEY.id}`);
    const drawer = await screen.findByRole('dialog', { name: 'CI' });
    expect(await within(drawer).findByText('echo')).toBeVisible();
    expect(await within(drawer).findByRole('tab', { name: 'Cursor' })).toBeVisible();
  });
});
