import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { type Answers, ME, mockApi, onePage, refusal } from '@/test/api';
import { aKey, aKeyTrend, aUsage } from '@/test/records';
import { renderPage } from '@/test/render';
import { KeysPage } from './KeysPage';
import { keySearch } from './search';

const KEY = aKey();
const PATH = `/api/api-keys/${KEY.id}`;

const drawer = async (usage: NonNullable<Answers[string]>, at = '') => {
  const calls = mockApi({
    'GET /api/api-keys': { apiKeys: [KEY], pagination: onePage(1) },
    'GET /api/servers': { servers: [], pagination: onePage(0), filters: {} },
    'GET /api/users': { users: [ME], pagination: onePage(1) },
    [`GET /api/users/${ME.id}`]: ME,
    [`GET ${PATH}`]: KEY,
    [`GET ${PATH}/usage`]: usage,
  });
  const { user } = renderPage(KeysPage, { route: '/keys', at: `/keys?key=${KEY.id}${at}`, search: keySearch });
  const shown = within(await screen.findByRole('dialog', { name: 'CI' }));
  const asked = () => calls.filter(({ path }) => path === `${PATH}/usage`).map(({ query }) => query);
  return { user, shown, asked };
};

describe('the use of a key over time', () => {
  it('is a chart, with a table of the same', async () => {
    const { user, shown, asked } = await drawer(aUsage({ trend: aKeyTrend([12, 3]) }));
    expect(await shown.findByText('Requests 3 to 12, last 3; Failed 1 to 1, last 1')).toBeVisible();
    expect(shown.getByText(/Half within 12 ms to 12 ms/)).toBeVisible();
    expect(asked().map((query) => [query.get('resolution'), query.get('slots')])).toEqual([['hour', '24']]);
    await user.click(shown.getByRole('button', { name: 'Requests as a table' }));
    expect(await screen.findByRole('row', { name: /12 1/ })).toBeVisible();
  });

  it('is of the period that the address names, and of another that is chosen', async () => {
    const { user, shown, asked } = await drawer(aUsage({ trend: aKeyTrend([12]) }), '&days=7');
    const period = await shown.findByRole('button', { name: /Period/ });
    expect(period).toHaveTextContent('Last 7 days');
    await user.click(period);
    await user.click(screen.getByRole('option', { name: 'Last 30 days' }));
    await waitFor(() => expect(asked().map((query) => query.get('resolution'))).toEqual(['hour', 'day']));
    expect(asked().map((query) => query.get('slots'))).toEqual(['84', '30']);
  });

  it('shows no response times of a key that called no server', async () => {
    const { shown } = await drawer(aUsage({ trend: aKeyTrend([4], false) }));
    expect(await shown.findByText(/Requests 4 to 4/)).toBeVisible();
    expect(shown.queryByText('Response times')).toBeNull();
  });

  it('says so when there is nothing, in this time or ever', async () => {
    const { shown } = await drawer(aUsage({ trend: aKeyTrend([0]) }));
    expect(await shown.findByText(/Nothing was counted in this time/)).toBeVisible();
  });

  it('has no chart for a key that was never used', async () => {
    const { shown } = await drawer(aUsage({ requests: 0, trend: aKeyTrend([0]) }));
    expect(await shown.findByText('It was never used.')).toBeVisible();
    expect(shown.queryByText('Usage over time')).toBeNull();
  });

  it('says why it cannot be shown', async () => {
    const { shown } = await drawer(refusal(500, 'INTERNAL_ERROR', 'the store is broken'));
    expect(await shown.findByText('The store is broken.')).toBeVisible();
  });
});
