import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { type Answers, mockApi, onePage, refusal } from '@/test/api';
import { aServer } from '@/test/records';
import { renderPage } from '@/test/render';
import EditDialog from './EditDialog';

const SERVER = aServer({
  authType: 'bearer',
  description: 'Old words',
  settings: { ...aServer().settings, rateLimit: { rpm: 60, burst: 10 } },
});
const PATH = `/api/servers/${SERVER.id}`;

async function open(answers: Answers = {}) {
  const calls = mockApi({
    [`GET ${PATH}`]: SERVER,
    [`PUT ${PATH}`]: SERVER,
    'GET /api/servers': { servers: [], pagination: onePage(0), filters: {} },
    ...answers,
  });
  const onClose = vi.fn();
  const { user } = renderPage(() => <EditDialog server={SERVER} onClose={onClose} />);
  await screen.findByRole('dialog', { name: 'Edit Weather' });
  const puts = () => calls.filter(({ method }) => method === 'PUT');
  const save = () => user.click(screen.getByRole('button', { name: 'Save changes' }));
  const step = (name: RegExp) => user.click(screen.getByRole('button', { name }));
  return { user, onClose, puts, save, step };
}

describe('changing a server', () => {
  it('sends what differs, from the revision that was seen', async () => {
    const { user, onClose, puts, save } = await open();
    await user.clear(screen.getByLabelText('Description'));
    await save();
    await waitFor(() => expect(onClose).toHaveBeenCalled());
    expect(puts()[0]?.body).toEqual({ description: null });
    expect(puts()[0]?.headers.get('if-match')).toBe('"1"');
  });

  it('takes the rate limit away when both of its numbers are emptied', async () => {
    const { user, puts, save, step } = await open();
    await step(/Settings/);
    await user.click(screen.getByText('Retries and rate limit of calls'));
    await user.clear(screen.getByLabelText('Calls a minute'));
    await save();
    expect(await screen.findByText('Type how many may come in a minute')).toBeVisible();
    await user.clear(screen.getByLabelText('Calls at once'));
    await save();
    await waitFor(() => expect(puts()[0]?.body).toMatchObject({ settings: { rateLimit: null } }));
  });

  it('never shows stored credentials, and keeps them', async () => {
    const { user, puts, save, step } = await open();
    await step(/Connection/);
    expect(screen.getByText(/credentials are stored/)).toBeVisible();
    expect(screen.queryByLabelText('Token')).toBeNull();
    await user.type(screen.getByLabelText('Endpoint URL'), '/v2');
    await save();
    await waitFor(() => expect(puts()[0]?.body).toEqual({ endpointUrl: 'https://weather.example/mcp/v2' }));
  });

  it('replaces credentials that are given, and goes back to those that are stored', async () => {
    const { user, puts, save, step } = await open();
    await step(/Connection/);
    await user.click(screen.getByRole('button', { name: 'Give other credentials' }));
    await user.click(screen.getByRole('button', { name: 'Keep the stored credentials' }));
    await user.click(screen.getByRole('button', { name: 'Give other credentials' }));
    await save();
    expect(await screen.findByText('Type the token')).toBeVisible();
    await user.type(screen.getByLabelText('Token'), 'new');
    await save();
    await waitFor(() => expect(puts()[0]?.body).toEqual({ authConfig: { bearerToken: 'new' } }));
  });

  it('says that credentials are not sent to another host than they were given for', async () => {
    const { user, save, step } = await open({
      [`PUT ${PATH}`]: refusal(400, 'INVALID_REQUEST', 'The input is not valid; see details', {
        authConfig: "must be given again when the endpoint's host changes",
      }),
    });
    await step(/Connection/);
    await user.clear(screen.getByLabelText('Endpoint URL'));
    await user.type(screen.getByLabelText('Endpoint URL'), 'https://other.example/mcp');
    expect(screen.getByText(/The server is at another host now/)).toBeVisible();
    await save();
    expect(await screen.findByText(/Must be given again when/)).toBeVisible();
  });

  it('keeps what was typed when somebody else changed the server meanwhile', async () => {
    const newer = { ...SERVER, revision: 2, category: 'Maps' };
    const { user, onClose, puts, save } = await open({
      [`GET ${PATH}`]: newer,
      [`PUT ${PATH}`]: ({ headers }) =>
        headers.get('if-match') === '"2"' ? newer : refusal(412, 'PRECONDITION_FAILED', 'changed'),
    });
    const description = screen.getByLabelText('Description');
    await user.clear(description);
    await user.type(description, 'New words');
    await save();
    expect(await screen.findByText(/Somebody changed this meanwhile/)).toBeVisible();
    expect(description).toHaveValue('New words');
    expect(screen.getByLabelText('Category')).toHaveValue('Maps');
    await save();
    await waitFor(() => expect(onClose).toHaveBeenCalled());
    expect(puts()[1]?.body).toEqual({ description: 'New words' });
  });

  it('cannot try stored credentials, and says so', async () => {
    const { user, puts, save, step } = await open();
    await step(/Test and save/);
    expect(screen.getByText(/stored credentials cannot be tried/)).toBeVisible();
    await user.click(screen.getByRole('switch', { name: 'Connect when saving' }));
    await save();
    await waitFor(() => expect(puts()[0]?.body).toEqual({ validateConnection: false }));
  });
});
