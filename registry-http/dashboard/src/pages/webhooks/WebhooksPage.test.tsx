import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '@/api/schema';
import { type Answers, ME, mockApi, onePage, refusal } from '@/test/api';
import { aWebhook } from '@/test/records';
import { renderPage } from '@/test/render';
import { WebhooksPage } from './WebhooksPage';
import { webhookSearch } from './search';

const HOOK = aWebhook();
const PATH = `/api/webhooks/${HOOK.id}`;
const SECRET = 'whsec_c2VjcmV0';
const DEAD: Delivery = {
  id: '0192fff1-0000-7000-8000-000000000001',
  webhookId: HOOK.id,
  alertId: '0192eeee-0000-7000-8000-000000000001',
  type: 'alert.raised',
  status: 'dead',
  attempts: 16,
  lastStatus: 503,
  payload: { type: 'alert.raised' },
  createdAt: '2026-11-22T09:00:00Z',
  finishedAt: '2026-11-22T10:00:00Z',
};

const api = (more: Answers = {}) =>
  mockApi({
    'GET /api/webhooks': { webhooks: [HOOK] },
    [`GET ${PATH}`]: HOOK,
    'GET /api/tenants': { tenants: [{ id: ME.tenantId, name: 'acme' }], pagination: onePage(1) },
    [`GET /api/tenants/${ME.tenantId}`]: { id: ME.tenantId, name: 'acme' },
    [`GET ${PATH}/deliveries`]: { deliveries: [DEAD], pagination: onePage(1) },
    ...more,
  });

const show = (at = '/webhooks') => renderPage(WebhooksPage, { route: '/webhooks', at, search: webhookSearch });

async function act(name: string) {
  const { user } = show();
  await user.click(await screen.findByRole('button', { name: 'Actions for on call' }));
  await user.click(screen.getByRole('menuitem', { name }));
  return user;
}

describe('the list of webhooks', () => {
  it('says of each what it is told of, and how it goes', async () => {
    const failing = aWebhook({ minSeverity: 'high', alertTypes: ['health'], failingSince: '2026-11-22T09:00:00Z' });
    api({ 'GET /api/webhooks': { webhooks: [failing] } });
    show();
    const row = await screen.findByRole('row', { name: /on call/ });
    expect(row).toHaveTextContent(/Health.*from.*High/);
    expect(within(row).getByText(/failing since/)).toBeVisible();
    expect(await within(row).findByText('acme')).toBeVisible();
  });

  it('says what they are for if there are none', async () => {
    api({ 'GET /api/webhooks': { webhooks: [] } });
    show();
    expect(await screen.findByText('No webhooks yet')).toBeVisible();
  });

  it('is for administrators', async () => {
    const calls = api({ 'GET /api/users/me': { ...ME, role: 'server_owner' } });
    show();
    expect(await screen.findByText('Webhooks are for administrators')).toBeVisible();
    expect(calls.some(({ path }) => path === '/api/webhooks')).toBe(false);
  });

  it('switches one off at once, and on again if the API does not', async () => {
    const calls = api({ [`PUT ${PATH}`]: refusal(412, 'PRECONDITION_FAILED', 'changed since it was read') });
    const { user } = show();
    await user.click(await screen.findByRole('switch', { name: 'on call is switched on' }));
    expect(await screen.findByText('Changed since it was read.')).toBeVisible();
    await waitFor(() => expect(screen.getByRole('switch')).toBeChecked());
    const sent = calls.find(({ method }) => method === 'PUT');
    expect(sent?.body).toEqual({ enabled: false });
    expect(sent?.headers.get('if-match')).toBe('"2"');
  });
});

describe('the form of a webhook', () => {
  it('makes one for every tenant, and shows its secret until it was saved', async () => {
    const calls = api({ 'POST /api/webhooks': { ...HOOK, secret: SECRET } });
    const { user } = show();
    await user.click(await screen.findByRole('button', { name: 'Add webhook' }));
    const dialog = await screen.findByRole('dialog', { name: 'Add a webhook' });
    await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'chat');
    await user.type(within(dialog).getByRole('textbox', { name: 'Address' }), 'https://chat.example/hook');
    await user.click(within(dialog).getByRole('checkbox', { name: /Security/ }));
    await user.click(within(dialog).getByRole('button', { name: /Whose alerts/ }));
    await user.click(screen.getByRole('option', { name: /every tenant/ }));
    await user.click(within(dialog).getByRole('button', { name: 'Add webhook' }));
    expect(await screen.findByDisplayValue(SECRET)).toBeVisible();
    expect(screen.getByRole('button', { name: 'Done' })).toBeDisabled();
    expect(calls.find(({ method }) => method === 'POST')?.body).toEqual({
      name: 'chat',
      url: 'https://chat.example/hook',
      minSeverity: 'low',
      alertTypes: ['security'],
      enabled: true,
      tenantId: null,
    });
  });

  it('says beside the fields what is wrong', async () => {
    const calls = api();
    const { user } = show();
    await user.click(await screen.findByRole('button', { name: 'Add webhook' }));
    const dialog = await screen.findByRole('dialog', { name: 'Add a webhook' });
    await user.type(within(dialog).getByRole('textbox', { name: 'Address' }), 'chat.example');
    await user.click(within(dialog).getByRole('button', { name: 'Add webhook' }));
    expect(await within(dialog).findByText('Give the webhook a name.')).toBeVisible();
    expect(within(dialog).getByText(/begins with https/)).toBeVisible();
    expect(calls.some(({ method }) => method === 'POST')).toBe(false);
  });

  it('changes one; what the API says of a field is beside it, and a conflict keeps what was typed', async () => {
    const answers = [
      refusal(400, 'INVALID_REQUEST', 'the input is not valid', { url: 'is not allowed by the operator' }),
      refusal(412, 'PRECONDITION_FAILED', 'changed'),
      Response.json(HOOK),
    ];
    const calls = api({
      [`GET ${PATH}`]: aWebhook({ revision: 7 }),
      [`PUT ${PATH}`]: () => answers.shift() ?? null,
    });
    const user = await act('Edit');
    const dialog = await screen.findByRole('dialog', { name: 'Edit on call' });
    const name = within(dialog).getByRole('textbox', { name: 'Name' });
    await user.clear(name);
    await user.type(name, 'pager');
    const save = within(dialog).getByRole('button', { name: 'Save' });
    await user.click(save);
    expect(await within(dialog).findByText(/The address is not allowed by the operator/i)).toBeVisible();
    await user.click(save);
    expect(await within(dialog).findByText(/Somebody changed this meanwhile/)).toBeVisible();
    await user.click(save);
    expect(await screen.findByText('The webhook is changed.')).toBeVisible();
    const sent = calls.filter(({ method }) => method === 'PUT');
    expect(sent.map(({ headers }) => headers.get('if-match'))).toEqual(['"2"', '"2"', '"7"']);
    expect(sent.at(-1)?.body).toMatchObject({ name: 'pager' });
  });
});

describe('a webhook', () => {
  it.each([
    [{ delivered: true, durationMs: 30, status: 204 }, 'on call took the message in 30 ms.'],
    [{ delivered: false, durationMs: 30, status: 500 }, 'on call did not take the message. It answered 500.'],
    [
      { delivered: false, durationMs: 30, error: 'nobody listens' },
      'on call did not take the message. Nobody listens.',
    ],
  ])('is tested, and says what came of it (%#)', async (result, words) => {
    api({ [`POST ${PATH}/test`]: result });
    await act('Send a test');
    expect(await screen.findByText(words)).toBeVisible();
  });

  it('gets a new secret', async () => {
    api({ [`POST ${PATH}/rotate-secret`]: { ...HOOK, secret: SECRET } });
    const user = await act('Rotate secret');
    await user.click(await screen.findByRole('button', { name: 'Rotate secret' }));
    expect(await screen.findByDisplayValue(SECRET)).toBeVisible();
  });

  it('is removed once that is confirmed', async () => {
    const calls = api({ [`DELETE ${PATH}`]: null });
    const user = await act('Remove');
    await user.click(await screen.findByRole('button', { name: 'Remove webhook' }));
    expect(await screen.findByText('on call is removed.')).toBeVisible();
    expect(calls.some(({ method }) => method === 'DELETE')).toBe(true);
  });

  it('has its deliveries in a drawer; what was given up is sent again', async () => {
    const calls = api({ [`POST ${PATH}/deliveries/${DEAD.id}/retry`]: { ...DEAD, status: 'pending' } });
    const { user } = show(`/webhooks?webhook=${HOOK.id}&status=dead`);
    const drawer = await screen.findByRole('dialog', { name: 'Deliveries to on call' });
    expect(await within(drawer).findByText('It answered 503.')).toBeVisible();
    expect(within(drawer).getByText(/Sent 16 times, given up/)).toBeVisible();
    expect(calls.find(({ path }) => path.endsWith('/deliveries'))?.query.get('status')).toBe('dead');
    await user.click(within(drawer).getByRole('button', { name: 'Send again' }));
    expect(await screen.findByText('It is sent again.')).toBeVisible();
  });

  it('to which nothing was sent says so', async () => {
    api({ [`GET ${PATH}/deliveries`]: { deliveries: [], pagination: onePage(0) } });
    show(`/webhooks?webhook=${HOOK.id}`);
    expect(await screen.findByText('Nothing was sent yet')).toBeVisible();
  });
});
