import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ME, mockApi, refusal } from '@/test/api';
import { renderPage } from '@/test/render';
import { ProfileForm } from './ProfileForm';

const page = () => renderPage(() => <ProfileForm me={ME} />);
const changes = (calls: ReturnType<typeof mockApi>) => calls.filter(({ method }) => method === 'PATCH');

test('what is emptied is cleared, and the change names the revision that it was made from', async () => {
  const calls = mockApi({ 'PATCH /api/users/me': { ...ME, email: undefined, revision: 4 } });
  const { user } = page();
  await user.clear(await screen.findByLabelText('E-mail (optional)'));
  await user.click(screen.getByRole('button', { name: 'Save profile' }));
  expect(await screen.findByText('The profile is saved.')).toBeVisible();
  const [change] = changes(calls);
  expect(change?.body).toEqual({ displayName: 'Olivia Oak', email: null });
  expect(change?.headers.get('if-match')).toBe('"3"');
});

test('what is no address is said beside the field, before anything is sent', async () => {
  const calls = mockApi({});
  const { user } = page();
  const email = await screen.findByLabelText('E-mail (optional)');
  await user.clear(email);
  await user.type(email, 'olivia');
  await user.click(screen.getByRole('button', { name: 'Save profile' }));
  await waitFor(() => expect(email).toHaveAccessibleDescription('An address such as olivia@acme.example'));
  expect(changes(calls)).toEqual([]);
});

test('what the API says of a field stands beside it', async () => {
  mockApi({
    'PATCH /api/users/me': refusal(400, 'INVALID_REQUEST', 'the input is not valid', { email: 'is no e-mail address' }),
  });
  const { user } = page();
  await user.type(await screen.findByLabelText('E-mail (optional)'), '.');
  await user.click(screen.getByRole('button', { name: 'Save profile' }));
  await waitFor(() =>
    expect(screen.getByLabelText('E-mail (optional)')).toHaveAccessibleDescription('Is no e-mail address.'),
  );
  expect(screen.queryByRole('alert')).toBeNull();
});

test('what was typed stays when somebody else changed the profile, and saving again replaces that', async () => {
  const answers = [refusal(412, 'PRECONDITION_FAILED', 'changed'), Response.json({ ...ME, revision: 10 })];
  const calls = mockApi({
    'GET /api/users/me': { ...ME, displayName: 'Olivia Elsewhere', revision: 9 },
    'PATCH /api/users/me': () => answers.shift() ?? null,
  });
  const { user } = page();
  const name = await screen.findByLabelText('Display name (optional)');
  await user.clear(name);
  await user.type(name, 'Olivia O.');
  await user.click(screen.getByRole('button', { name: 'Save profile' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('Olivia Elsewhere');
  expect(name).toHaveValue('Olivia O.');
  await user.click(screen.getByRole('button', { name: 'Save profile' }));
  await waitFor(() => expect(changes(calls)).toHaveLength(2));
  expect(changes(calls).map(({ headers }) => headers.get('if-match'))).toEqual(['"3"', '"9"']);
});
