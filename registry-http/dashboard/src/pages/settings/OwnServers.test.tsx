import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { type Answers, mockApi, onePage, refusal } from '@/test/api';
import { renderPage } from '@/test/render';
import { server } from '@/test/server';
import OwnServers from './OwnServers';

const SERVERS = ['Alpha', 'Bravo', 'Charlie'].map((name) => server(name));
const BULK = 'POST /api/users/preferences/servers/bulk';
const idOf = (name: string) => server(name).id;

function page(answers: Answers = {}) {
  const calls = mockApi({
    'GET /api/servers': { servers: SERVERS, pagination: onePage(SERVERS.length), filters: {} },
    'GET /api/users/preferences/servers': { preferences: [] },
    ...answers,
  });
  return { calls, ...renderPage(OwnServers) };
}

const names = () => screen.getAllByRole('row').map((row) => within(row).getByText(/Alpha|Bravo|Charlie/).textContent);

test('a server is moved by its menu, and the order is sent', async () => {
  const { user, calls } = page({ [BULK]: { preferences: [] } });
  await user.click(await screen.findByRole('button', { name: 'More for Charlie' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Move to the top' }));
  await waitFor(() => expect(calls.some(({ method }) => method === 'POST')).toBe(true));
  expect(calls.find(({ method }) => method === 'POST')?.body).toEqual({
    preferences: [{ serverId: idOf('Charlie'), displayOrder: -1 }],
  });
});

test('a server is moved by the keyboard alone', async () => {
  const { user, calls } = page({ [BULK]: { preferences: [] } });
  await screen.findByRole('button', { name: 'Drag Alpha' });
  screen.getByRole('button', { name: 'Drag Alpha' }).focus();
  await user.keyboard('{Enter}');
  await user.keyboard('{ArrowDown}{Enter}');
  await waitFor(() => expect(calls.some(({ method }) => method === 'POST')).toBe(true));
  expect(calls.find(({ method }) => method === 'POST')?.body).toMatchObject({
    preferences: [{ serverId: idOf('Bravo') }, { serverId: idOf('Alpha') }],
  });
});

test('what is put back where it was is not sent', async () => {
  const { user, calls } = page({ [BULK]: { preferences: [] } });
  (await screen.findByRole('button', { name: 'Drag Charlie' })).focus();
  await user.keyboard('{Enter}');
  await user.keyboard('{Enter}');
  await waitFor(() => expect(screen.getByRole('button', { name: 'Drag Charlie' })).toBeEnabled());
  expect(calls.every(({ method }) => method === 'GET')).toBe(true);
});

test('what is hidden is hidden at once, and shown again if the API refuses', async () => {
  let refuse: (answer: Response) => void = () => undefined;
  const { user } = page({ [BULK]: () => new Promise<Response>((resolve) => (refuse = resolve)) });
  const shown = await screen.findByRole('switch', { name: 'Show Bravo in my lists' });
  expect(shown).toBeChecked();
  await user.click(shown);
  await waitFor(() => expect(screen.getByRole('switch', { name: 'Show Bravo in my lists' })).not.toBeChecked());
  refuse(refusal(503, 'SERVICE_UNAVAILABLE', 'the store is away'));
  await waitFor(() => expect(screen.getByRole('switch', { name: 'Show Bravo in my lists' })).toBeChecked());
  expect(screen.getByText('The store is away.')).toBeVisible();
});

test('the list is searched, and nothing is dragged meanwhile', async () => {
  const { user } = page();
  await user.type(await screen.findByRole('searchbox'), 'brav');
  await waitFor(() => expect(names()).toEqual(['Bravo']));
  expect(screen.getByRole('button', { name: 'Drag Bravo' })).toBeDisabled();
});

test('bounds of one’s own are set and cleared', async () => {
  const serverId = idOf('Alpha');
  const old = { serverId, userId: 'me', isEnabled: true, displayOrder: 0, updatedAt: '2026-11-22T10:00:00Z' };
  const { user, calls } = page({
    'GET /api/users/preferences/servers': { preferences: [{ ...old, customSettings: { timeout: 5000 } }] },
    'PUT /api/users/preferences/servers': { ...old, customSettings: {} },
  });
  await user.click(await screen.findByRole('button', { name: 'More for Alpha' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Bounds on my calls' }));
  await user.clear(await screen.findByLabelText(/Longest wait/));
  await user.type(screen.getByLabelText('Calls a minute'), '60');
  await user.click(screen.getByRole('button', { name: 'Save bounds' }));
  await waitFor(() =>
    expect(screen.getByLabelText('Calls at once')).toHaveAccessibleDescription(
      /Needed with a number of calls a minute/,
    ),
  );
  await user.type(screen.getByLabelText('Calls at once'), '10');
  await user.click(screen.getByRole('button', { name: 'Save bounds' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(calls.find(({ method }) => method === 'PUT')?.body).toEqual({
    serverId,
    customSettings: { timeout: null, rateLimit: { rpm: 60, burst: 10 } },
  });
});

test('without servers it says what this is for', async () => {
  page({ 'GET /api/servers': { servers: [], pagination: onePage(0), filters: {} } });
  expect(await screen.findByText('There are no servers yet')).toBeVisible();
});
