import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { type Answers, ME, mockApi, onePage } from '@/test/api';
import { renderPage } from '@/test/render';
import { settingsSearch } from './search';
import { SettingsPage } from './SettingsPage';

const session = (id: string, isCurrent: boolean, userAgent: string) => ({
  id: `0192dddd-0000-7000-8000-00000000000${id}`,
  isCurrent,
  userAgent,
  method: 'password',
  ipAddress: '127.0.0.1',
  createdAt: ME.createdAt,
  lastSeenAt: ME.createdAt,
  expiresAt: ME.createdAt,
});
const HERE = session('1', true, 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36');
const PHONE = session('2', false, 'Mozilla/5.0 (iPhone; CPU iPhone OS) Safari/604.1');

function page(at: string, answers: Answers = {}) {
  const calls = mockApi({
    'GET /api/users/me/sessions': { sessions: [HERE, PHONE] },
    'GET /api/api-keys': { apiKeys: [], pagination: onePage(0) },
    [`GET /api/tenants/${ME.tenantId}`]: { name: 'acme' },
    ...answers,
  });
  return { calls, ...renderPage(SettingsPage, { route: '/settings', at, search: settingsSearch }) };
}

test('the profile says who one is, and the tab is part of the address', async () => {
  const { user, history } = page('/settings');
  expect(await screen.findByText('Administrator')).toBeVisible();
  expect(await screen.findByText('acme')).toBeVisible();
  await user.click(screen.getByRole('tab', { name: 'Sign-in and sessions' }));
  await waitFor(() => expect(history.location.search).toBe('?tab=security'));
});

test('a theme is chosen and kept', async () => {
  const { user } = page('/settings');
  await user.click(await screen.findByRole('radio', { name: /^Dark/ }));
  expect(document.documentElement.dataset['theme']).toBe('dark');
  expect(localStorage.getItem('theme')).toBe('dark');
  await user.click(screen.getByRole('radio', { name: /^As the system/ }));
  expect(document.documentElement.dataset['theme']).toBeUndefined();
});

test('another session is ended, and this one is not offered for that', async () => {
  const { user, calls } = page('/settings?tab=security', { [`DELETE /api/users/me/sessions/${PHONE.id}`]: null });
  await user.click(await screen.findByRole('button', { name: 'End the session of Safari on iPhone' }));
  expect(await screen.findByText('The session of Safari on iPhone has ended.')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'End the session of Chrome on Linux' })).toBeNull();
  expect(calls.filter(({ path }) => path === '/api/users/me/sessions').length).toBe(2);
});

test('all other sessions are ended after a question', async () => {
  const { user, calls } = page('/settings?tab=security', { 'DELETE /api/users/me/sessions': { ended: 1 } });
  await user.click(await screen.findByRole('button', { name: 'End all others' }));
  const question = await screen.findByRole('alertdialog');
  await user.click(within(question).getByRole('button', { name: 'End other sessions' }));
  expect(await screen.findByText('Your other sessions have ended.')).toBeVisible();
  expect(calls.some(({ method }) => method === 'DELETE')).toBe(true);
});

test('one’s keys and identities are shown', async () => {
  const key = { id: '1', name: 'laptop', keyPrefix: 'mcp_abcd', status: 'active', expiresAt: ME.createdAt };
  const identities = [{ issuer: 'https://login.example', subject: '42' }];
  const { calls } = page('/settings?tab=security', {
    'GET /api/users/me': { ...ME, role: 'user', identities },
    'GET /api/api-keys': { apiKeys: [key], pagination: onePage(9) },
  });
  expect(await screen.findByText('laptop')).toBeVisible();
  expect(screen.getByText('8 more are on the page of keys.')).toBeVisible();
  expect(screen.getByText(/An administrator, or the owner of a server, makes keys for you/)).toBeVisible();
  expect(screen.getByText('https://login.example')).toBeVisible();
  expect(calls.find(({ path }) => path === '/api/api-keys')?.query.get('ownerUserId')).toBe(ME.id);
});
