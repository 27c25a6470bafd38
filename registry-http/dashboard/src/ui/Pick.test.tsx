import { screen, waitFor } from '@testing-library/react';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import { mockApi, onePage } from '@/test/api';
import { renderPage } from '@/test/render';
import { PickServer } from './PickServer';

const SERVERS = [
  { id: 's1', name: 'Calendar' },
  { id: 's2', name: 'Weather', description: 'Forecasts' },
];

function Form({ first }: { first?: string }) {
  const [id, setId] = useState(first);
  return (
    <>
      <PickServer label="Server" value={id} onChange={setId} />
      <output>{id ?? 'none'}</output>
    </>
  );
}

const api = () =>
  mockApi({
    'GET /api/servers': ({ query }) => {
      const found = SERVERS.filter(({ name }) =>
        name.toLowerCase().includes((query.get('search') ?? '').toLowerCase()),
      );
      return { servers: found, pagination: onePage(found.length), filters: {} };
    },
    'GET /api/servers/s1': { ...SERVERS[0] },
    'GET /api/servers/s2': { ...SERVERS[1] },
  });

describe('picking a server', () => {
  it('offers what fits what is typed, and gives its id', async () => {
    api();
    const { user } = renderPage(() => <Form />);
    await user.type(await screen.findByRole('combobox', { name: 'Server' }), 'wea');
    await waitFor(() => expect(screen.getAllByRole('option')).toHaveLength(1));
    await user.keyboard('{ArrowDown}{Enter}');
    expect(await screen.findByText('s2')).toBeVisible();
    expect(screen.getByRole('combobox')).toHaveValue('Weather');
    expect(screen.getByRole('combobox')).toHaveFocus();
  });

  it('shows the name of the one that is chosen, and none when it is emptied', async () => {
    api();
    const { user } = renderPage(() => <Form first="s1" />);
    await waitFor(() => expect(screen.getByRole('combobox')).toHaveValue('Calendar'));
    await user.clear(screen.getByRole('combobox'));
    expect(await screen.findByText('none')).toBeVisible();
  });
});
