import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { User } from '@/api/schema';
import { type Answers, type Call, ME, mockApi, onePage, refusal } from '@/test/api';
import { renderPage } from '@/test/render';
import { userSearch } from './search';
import { UsersPage } from './UsersPage';

const ULLI: User = {
  id: '0192aaaa-0000-7000-8000-000000000002',
  tenantId: ME.tenantId,
  username: 'ulli',
  role: 'user',
  disabled: false,
  identities: [{ issuer: 'https://login.example', subject: '42' }],
  revision: 7,
  createdAt: ME.createdAt,
  updatedAt: ME.updatedAt,
};
const TENANT = { id: ME.tenantId, name: 'acme', disabled: false, revision: 1, createdAt: '', updatedAt: '' };
const ONE = `/api/users/${ULLI.id}`;

function page(at = '/users', answers: Answers = {}) {
  const calls = mockApi({
    'GET /api/users': { users: [ME, ULLI], pagination: onePage(2) },
    'GET /api/tenants': { tenants: [TENANT], pagination: onePage(1) },
    [`GET /api/tenants/${ME.tenantId}`]: TENANT,
    [`GET ${ONE}`]: ULLI,
    [`GET ${ONE}/sessions`]: { sessions: [] },
    [`GET /api/users/${ME.id}`]: ME,
    [`GET /api/users/${ME.id}/sessions`]: { sessions: [] },
    ...answers,
  });
  return { calls, ...renderPage(UsersPage, { route: '/users', at, search: userSearch }) };
}

const changes = (calls: Call[]) => calls.filter(({ method }) => method !== 'GET');
const button = (name: string) => screen.findByRole('button', { name });
const dialog = (name: string) => screen.findByRole('dialog', { name });
const asking = (name: string) => screen.findByRole('alertdialog', { name });

test('the list is searched by what the address says, and by what is typed', async () => {
  const { user, calls } = page('/users?role=user');
  await user.type(await screen.findByRole('searchbox'), 'ull');
  const asked = () => calls.filter(({ path }) => path === '/api/users').map(({ query }) => query.toString());
  await waitFor(() => expect(asked().at(-1)).toBe('role=user&search=ull&limit=25'));
});

test('a user is added, with what was left empty left out', async () => {
  const { user, calls } = page('/users', { 'POST /api/users': ULLI });
  await user.click(await button('Add user'));
  const form = await dialog('Add user');
  await user.type(within(form).getByLabelText('User name'), 'ulli');
  await user.click(within(form).getByRole('button', { name: 'Add user' }));
  expect(await dialog('ulli')).toBeVisible();
  expect(changes(calls)[0]?.body).toEqual({ username: 'ulli', role: 'user', tenantId: ME.tenantId });
});

test('a name that is taken and a password that is easy to guess are said at their fields', async () => {
  const answers = [
    refusal(409, 'CONFLICT', 'taken', { username: 'another user of the tenant has this name' }),
    refusal(400, 'INVALID_REQUEST', 'not valid', { password: 'is easy to guess' }),
  ];
  const { user } = page('/users', { 'POST /api/users': () => answers.shift() ?? null });
  await user.click(await button('Add user'));
  const form = await dialog('Add user');
  await user.type(within(form).getByLabelText('User name'), 'ulli');
  await user.type(within(form).getByLabelText(/First password/), 'aaaaaaaaaaaa');
  await user.click(within(form).getByRole('button', { name: 'Add user' }));
  await waitFor(() => expect(within(form).getByLabelText('User name')).toHaveAccessibleDescription(/has this name/));
  await user.click(within(form).getByRole('button', { name: 'Add user' }));
  await waitFor(() =>
    expect(within(form).getByLabelText(/First password/)).toHaveAccessibleDescription(/easy to guess/),
  );
});

test('a user is changed from the revision that was shown', async () => {
  const { user, calls } = page(`/users?user=${ULLI.id}`, { [`PATCH ${ONE}`]: { ...ULLI, revision: 8 } });
  await user.click(await button('Edit'));
  const form = await dialog('Edit ulli');
  await user.type(within(form).getByLabelText('Display name (optional)'), 'Ulli Ulme');
  await user.click(within(form).getByRole('button', { name: 'Save user' }));
  await waitFor(() => expect(changes(calls)).toHaveLength(1));
  expect(changes(calls)[0]?.headers.get('if-match')).toBe('"7"');
  expect(changes(calls)[0]?.body).toEqual({ username: 'ulli', displayName: 'Ulli Ulme', email: null, role: 'user' });
});

test('one is warned before one disables oneself', async () => {
  const { user, calls } = page(`/users?user=${ME.id}`, {
    [`PATCH /api/users/${ME.id}`]: refusal(409, 'CONFLICT', 'nobody could manage the registry any more'),
  });
  await user.click(await button('Disable'));
  const question = await asking('Disable olivia?');
  expect(within(question).getByText(/This is you/)).toBeVisible();
  expect(changes(calls)).toEqual([]);
  await user.click(within(question).getByRole('button', { name: 'Disable user' }));
  expect(await within(question).findByRole('alert')).toHaveTextContent('Nobody could manage the registry any more.');
});

test('one is warned before one takes the role of an administrator from oneself', async () => {
  const { user } = page(`/users?user=${ME.id}`);
  await user.click(await button('Edit'));
  const form = await dialog('Edit olivia');
  expect(within(form).queryByText(/This is you/)).toBeNull();
  await user.click(within(form).getByRole('button', { name: /Role/ }));
  await user.click(await screen.findByRole('option', { name: /Server owner/ }));
  expect(await screen.findByText(/You will be no administrator any more/)).toBeVisible();
});

test('a user is removed after a question', async () => {
  const { user, calls } = page(`/users?user=${ULLI.id}`, { [`DELETE ${ONE}`]: null });
  await user.click(await button('Remove'));
  await user.click(within(await asking('Remove ulli?')).getByRole('button', { name: 'Remove user' }));
  expect(await screen.findByText('ulli is removed.')).toBeVisible();
  expect(changes(calls)[0]?.headers.get('if-match')).toBe('"7"');
});

test('a password is set, or taken away', async () => {
  const { user, calls } = page(`/users?user=${ULLI.id}`, { [`PATCH ${ONE}`]: ULLI });
  await user.click(await button('Set a password'));
  const form = await dialog('Set a password for ulli');
  await user.type(within(form).getByLabelText('New password'), 'short');
  await user.click(within(form).getByRole('button', { name: 'Set password' }));
  await waitFor(() => expect(within(form).getByLabelText('New password')).toHaveAccessibleDescription(/At least 12/));
  await user.click(within(form).getByRole('button', { name: 'Take the password away' }));
  await waitFor(() => expect(changes(calls).map(({ body }) => body)).toEqual([{ password: null }]));
});

test('identities are unlinked and linked', async () => {
  const { user, calls } = page(`/users?user=${ULLI.id}`, { [`PATCH ${ONE}`]: ULLI });
  await user.click(await button('Unlink 42 at https://login.example'));
  await waitFor(() => expect(changes(calls)[0]?.body).toEqual({ identities: [] }));
  await user.click(await button('Link an identity'));
  await user.type(screen.getByLabelText('Issuer'), 'https://other.example');
  await user.type(screen.getByLabelText('Subject'), 'u-1');
  await user.click(screen.getByRole('button', { name: 'Link identity' }));
  await waitFor(() =>
    expect(changes(calls).at(-1)?.body).toEqual({
      identities: [...ULLI.identities, { issuer: 'https://other.example', subject: 'u-1' }],
    }),
  );
});

test('all sessions of a user are ended after a question', async () => {
  const session = {
    id: '0192dddd-0000-7000-8000-000000000001',
    isCurrent: false,
    method: 'password',
    createdAt: ME.createdAt,
    lastSeenAt: ME.createdAt,
    expiresAt: ME.createdAt,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0',
  };
  const { user } = page(`/users?user=${ULLI.id}`, {
    [`GET ${ONE}/sessions`]: { sessions: [session] },
    [`DELETE ${ONE}/sessions`]: { ended: 1 },
  });
  expect(await screen.findByText('Firefox on Linux')).toBeVisible();
  await user.click(await button('End all'));
  await user.click(within(await asking('End all sessions of ulli?')).getByRole('button', { name: 'End sessions' }));
  expect(await screen.findByText('1 session has ended.')).toBeVisible();
});

test('who may only see users is offered nothing else', async () => {
  page(`/users?user=${ULLI.id}`, { 'GET /api/users/me': { ...ME, role: 'server_owner' } });
  expect(await dialog('ulli')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Edit' })).toBeNull();
  expect(screen.queryByRole('button', { name: 'Add user' })).toBeNull();
});
