import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { ended, sessionEnded, signedIn } from '@/api/session';
import { ME, mockApi, onePage, refusal } from '@/test/api';
import { renderPage } from '@/test/render';
import { server } from '@/test/server';
import CommandPalette from './CommandPalette';
import { destinations } from './navigation';
import { NotFound } from './NotFound';
import SessionEnded from './SessionEnded';
import { ThemeMenu } from './ThemeMenu';
import { UserMenu } from './UserMenu';

beforeEach(() => signedIn(ME));

test('each role has its pages', () => {
  const names = (role: typeof ME.role) => destinations({ ...ME, role }).map(({ name }) => name);
  expect(names('admin')).toHaveLength(10);
  expect(names('server_owner')).not.toContain('Users');
  expect(names('user')).toEqual(['Dashboard', 'Servers', 'API keys', 'Health', 'Alerts', 'Settings']);
});

test('the palette finds pages and servers by a part of their name, and goes there', async () => {
  const calls = mockApi({ 'GET /api/servers': { servers: [server('Weather')], pagination: onePage(1) } });
  const onClose = vi.fn();
  const { user, history } = renderPage(() => <CommandPalette me={ME} onClose={onClose} />);
  await user.type(await screen.findByRole('textbox', { name: 'Go to a page or a server' }), 'weat');
  await waitFor(() => expect(calls.at(-1)?.query.get('search')).toBe('weat'));
  await user.click(await screen.findByRole('menuitem', { name: 'Weather' }));
  expect(onClose).toHaveBeenCalledOnce();
  await waitFor(() => expect(history.location.pathname).toBe(`/servers/${server('Weather').id}`));
});

test('the theme is chosen from a menu, and kept', async () => {
  mockApi({});
  const { user } = renderPage(ThemeMenu);
  await user.click(await screen.findByRole('button', { name: 'Theme: As the system' }));
  await user.click(await screen.findByRole('menuitemradio', { name: 'Dark' }));
  expect(document.documentElement.dataset['theme']).toBe('dark');
  expect(localStorage.getItem('theme')).toBe('dark');
  await screen.findByRole('button', { name: 'Theme: Dark' });
});

test('the menu of the account says who one is, and a sign-out that fails is told', async () => {
  mockApi({ 'POST /api/auth/logout': refusal(503, 'SERVICE_UNAVAILABLE', 'the store does not answer') });
  const { user } = renderPage(() => <UserMenu me={ME} />);
  await user.click(await screen.findByRole('button', { name: 'Account of Olivia Oak' }));
  expect(await screen.findByText('Administrator')).toBeVisible();
  await user.click(screen.getByRole('menuitem', { name: 'Sign out' }));
  expect(await screen.findByText('The store does not answer.')).toBeInTheDocument();
});

test('who signs in over the page goes on with the new token', async () => {
  const calls = mockApi({
    'POST /api/auth/login': refusal(401, 'UNAUTHORIZED', 'wrong'),
    'GET /api/users/me': { ...ME, csrfToken: 'new' },
  });
  sessionEnded();
  const { user } = renderPage(() => <SessionEnded me={ME} />);
  const dialog = within(await screen.findByRole('dialog', { name: 'Your session has ended' }));
  await user.click(dialog.getByRole('button', { name: 'Sign in' }));
  expect(await dialog.findByText('Type your password')).toBeVisible();
  await user.type(dialog.getByLabelText('Password'), 'not it{Enter}');
  expect(await dialog.findByRole('alert')).toHaveTextContent('Wrong.');
  await user.type(dialog.getByLabelText('Tenant (optional)'), 'acme');
  mockApi({ 'POST /api/auth/login': ME, 'GET /api/users/me': { ...ME, csrfToken: 'new' } });
  await user.type(dialog.getByLabelText('Password'), '{Enter}');
  await waitFor(() => expect(ended.get()).toBe(false));
  expect(calls[0]?.body).toEqual({ username: 'olivia', password: 'not it' });
});

test('an address that is none leads back', async () => {
  mockApi({});
  renderPage(NotFound, { route: '/nowhere' });
  expect(await screen.findByRole('link', { name: 'To the dashboard' })).toHaveAttribute('href', '/');
});
