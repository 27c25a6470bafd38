import { screen, waitFor } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { ME, mockApi, refusal } from '@/test/api';
import { renderPage } from '@/test/render';
import { PasswordForm } from './PasswordForm';

const PATH = 'PUT /api/users/me/password';

async function change(user: UserEvent, current: string, next: string, repeated = next) {
  if (current) await user.type(await screen.findByLabelText('Current password'), current);
  await user.type(await screen.findByLabelText('New password'), next);
  await user.type(screen.getByLabelText('New password again'), repeated);
  await user.click(screen.getByRole('button', { name: 'Change password' }));
}

test('the password is changed, and nothing of it stays on the page', async () => {
  const calls = mockApi({ [PATH]: null });
  const { user } = renderPage(() => <PasswordForm me={ME} />);
  await change(user, 'kettle river basalt noon', 'copper violin meadow fog');
  expect(await screen.findByText(/your other sessions have ended/)).toBeVisible();
  expect(calls.find(({ method }) => method === 'PUT')?.body).toEqual({
    currentPassword: 'kettle river basalt noon',
    newPassword: 'copper violin meadow fog',
  });
  expect(screen.getByLabelText('New password')).toHaveValue('');
});

test('a wrong password and one that is easy to guess are said at their fields', async () => {
  const answers = [
    refusal(400, 'INVALID_REQUEST', 'not valid', { currentPassword: 'is wrong' }),
    refusal(400, 'INVALID_REQUEST', 'not valid', { newPassword: 'is easy to guess; take a longer phrase' }),
  ];
  mockApi({ [PATH]: () => answers.shift() ?? null });
  const { user } = renderPage(() => <PasswordForm me={ME} />);
  await change(user, 'not the one', 'aaaaaaaaaaaa');
  await waitFor(() =>
    expect(screen.getByLabelText('Current password')).toHaveAccessibleDescription('Current password is wrong.'),
  );
  await user.click(screen.getByRole('button', { name: 'Change password' }));
  await waitFor(() =>
    expect(screen.getByLabelText('New password')).toHaveAccessibleDescription(/New password is easy to guess/),
  );
});

test('nothing is sent as long as the new one is too short or repeated otherwise', async () => {
  const calls = mockApi({ [PATH]: null });
  const { user } = renderPage(() => <PasswordForm me={ME} />);
  await change(user, '', 'short', 'shorter');
  await waitFor(() => expect(screen.getByLabelText('New password again')).toHaveAccessibleDescription(/not the same/));
  expect(screen.getByLabelText('New password')).toHaveAccessibleDescription(/At least 12 characters/);
  expect(screen.getByLabelText('Current password')).toHaveAccessibleDescription(/Type the password that you have now/);
  expect(calls.some(({ method }) => method === 'PUT')).toBe(false);
});

test('who signs in elsewhere sets a first password without one', async () => {
  const calls = mockApi({ [PATH]: null });
  const me = { ...ME, identities: [{ issuer: 'https://login.example', subject: '42' }] };
  const { user } = renderPage(() => <PasswordForm me={me} />);
  await change(user, '', 'copper violin meadow fog');
  await waitFor(() => expect(calls.at(-1)?.body).toEqual({ newPassword: 'copper violin meadow fog' }));
});
