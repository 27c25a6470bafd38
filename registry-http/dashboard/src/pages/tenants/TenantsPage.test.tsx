import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { type Answers, type Call, ME, mockApi, onePage, refusal } from '@/test/api';
import { renderPage } from '@/test/render';
import { TenantsPage } from './TenantsPage';

const DATES = { createdAt: ME.createdAt, updatedAt: ME.updatedAt };
const OWN = { id: ME.tenantId, name: 'acme', disabled: false, revision: 2, ...DATES };
const OTHER = {
  ...OWN,
  id: '0192bbbb-0000-7000-8000-000000000002',
  name: 'Globex',
  requestsPerMinute: 500,
  revision: 5,
};

function page(answers: Answers = {}) {
  const calls = mockApi({ 'GET /api/tenants': { tenants: [OWN, OTHER], pagination: onePage(2) }, ...answers });
  return { calls, ...renderPage(TenantsPage, { route: '/tenants' }) };
}

type User = ReturnType<typeof page>['user'];

async function choose(user: User, tenant: string, action: string) {
  await user.click(await screen.findByRole('button', { name: `More for ${tenant}` }));
  await user.click(await screen.findByRole('menuitem', { name: action }));
}

const change = (calls: Call[]) => calls.find(({ method }) => method !== 'GET');

test('a tenant is added', async () => {
  const { user, calls } = page({ 'POST /api/tenants': OTHER });
  await user.click(await screen.findByRole('button', { name: 'Add tenant' }));
  const form = await screen.findByRole('dialog');
  await user.click(within(form).getByRole('button', { name: 'Add tenant' }));
  await waitFor(() => expect(within(form).getByLabelText('Name')).toHaveAccessibleDescription('Type a name'));
  await user.type(within(form).getByLabelText('Name'), 'Globex');
  await user.click(within(form).getByRole('button', { name: 'Add tenant' }));
  expect(await screen.findByText('Globex is saved.')).toBeVisible();
  expect(change(calls)?.body).toEqual({ name: 'Globex', requestsPerMinute: null });
});

test('a limit is changed from the revision that was shown', async () => {
  const { user, calls } = page({ [`PUT /api/tenants/${OTHER.id}`]: OTHER });
  await choose(user, 'Globex', 'Edit');
  const limit = await screen.findByLabelText(/Requests a minute/);
  expect(limit).toHaveValue('500');
  await user.clear(limit);
  await user.type(limit, '2000000');
  await user.click(screen.getByRole('button', { name: 'Save tenant' }));
  await waitFor(() => expect(limit).toHaveAccessibleDescription(/A whole number from 1 to/));
  await user.clear(limit);
  await user.type(limit, '1000');
  await user.click(screen.getByRole('button', { name: 'Save tenant' }));
  await waitFor(() => expect(change(calls)?.body).toEqual({ name: 'Globex', requestsPerMinute: 1000 }));
  expect(change(calls)?.headers.get('if-match')).toBe('"5"');
});

test('one is warned before one disables one’s own tenant', async () => {
  const { user, calls } = page({ [`PUT /api/tenants/${OWN.id}`]: { ...OWN, disabled: true } });
  await choose(user, 'acme', 'Disable');
  const question = await screen.findByRole('alertdialog');
  expect(within(question).getByText(/This is your own tenant/)).toBeVisible();
  expect(change(calls)).toBeUndefined();
  await user.click(within(question).getByRole('button', { name: 'Disable tenant' }));
  await waitFor(() => expect(change(calls)?.body).toEqual({ disabled: true }));
});

test('a tenant that is not empty stays, and it is said why', async () => {
  const { user } = page({ [`DELETE /api/tenants/${OTHER.id}`]: refusal(409, 'CONFLICT', 'the tenant has users') });
  await choose(user, 'Globex', 'Remove');
  const question = await screen.findByRole('alertdialog');
  await user.click(within(question).getByRole('button', { name: 'Remove tenant' }));
  expect(await within(question).findByRole('alert')).toHaveTextContent('The tenant has users.');
});

test('the users of a tenant are one step away', async () => {
  const { user, history } = page();
  await user.click(await screen.findByRole('link', { name: 'Show the users of Globex' }));
  await waitFor(() => expect(history.location.href).toBe(`/users?tenantId=${OTHER.id}`));
});

test('who is no administrator is told whom the page is for', async () => {
  const { calls } = page({ 'GET /api/users/me': { ...ME, role: 'server_owner' } });
  expect(await screen.findByText('This page is not for your role')).toBeVisible();
  expect(calls.some(({ path }) => path === '/api/tenants')).toBe(false);
});
