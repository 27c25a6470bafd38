import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { type Answers, ME, mockApi, onePage } from '@/test/api';
import { anAlert, aServer } from '@/test/records';
import { renderPage } from '@/test/render';
import { AlertsPage } from './AlertsPage';
import { alertSearch } from './search';

const FIRST = anAlert();
const SECOND = anAlert({ id: FIRST.id.replace(/1$/, '2'), cause: 'server_degraded', message: 'Weather is slow' });

const api = (alerts = [FIRST, SECOND], more: Answers = {}) =>
  mockApi({
    'GET /api/alerts': { alerts, pagination: onePage(alerts.length) },
    [`GET /api/alerts/${FIRST.id}`]: FIRST,
    'GET /api/servers': { servers: [aServer()], pagination: onePage(1), filters: {} },
    [`GET /api/servers/${aServer().id}`]: aServer(),
    [`GET /api/users/${ME.id}`]: ME,
    ...more,
  });

const show = (at = '/alerts') => renderPage(AlertsPage, { route: '/alerts', at, search: alertSearch });

describe('the list of alerts', () => {
  it('has what is open, in words, and about which server', async () => {
    const calls = api();
    show();
    const row = await screen.findByRole('row', { name: /Weather failed 3 checks/ });
    expect(within(row).getByText('A server does not work')).toBeVisible();
    expect(within(row).getByText('High')).toBeVisible();
    expect(await within(row).findByRole('link', { name: 'Weather' })).toHaveAttribute(
      'href',
      `/servers/${aServer().id}`,
    );
    expect(calls.find(({ path }) => path === '/api/alerts')?.query.get('status')).toBe('open');
  });

  it('asks for what the address says, and keeps a filter there', async () => {
    const calls = api([]);
    const { user, history } = show('/alerts?status=any&severity=high&type=health');
    expect(await screen.findByText('No such alerts')).toBeVisible();
    const query = calls.find(({ path }) => path === '/api/alerts')?.query;
    expect([query?.get('status'), query?.get('severity'), query?.get('type')]).toEqual([null, 'high', 'health']);
    await user.click(screen.getByRole('button', { name: /Type/ }));
    await user.click(screen.getByRole('option', { name: 'Security' }));
    expect(history.location.search).toContain('type=security');
  });

  it('says so if nothing is open', async () => {
    api([]);
    show();
    expect(await screen.findByText('Nothing is open')).toBeVisible();
  });

  it('lets several be acknowledged, and says which were not', async () => {
    const calls = api(undefined, {
      'POST /api/alerts/acknowledge': {
        acknowledged: [FIRST],
        refused: [{ id: SECOND.id, code: 'FORBIDDEN', message: 'it is of a server of somebody else' }],
      },
    });
    const { user } = show();
    await user.click(await screen.findByRole('checkbox', { name: 'Choose all of this page' }));
    expect(screen.getByText('2 chosen')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Acknowledge' }));
    expect(await screen.findByText('The alert is acknowledged.')).toBeVisible();
    expect(screen.getByText('It is of a server of somebody else.')).toBeVisible();
    expect(calls.find(({ method }) => method === 'POST')?.body).toEqual({ ids: [FIRST.id, SECOND.id] });
  });

  it('lets several be resolved, each for itself', async () => {
    api(undefined, {
      [`POST /api/alerts/${FIRST.id}/resolve`]: FIRST,
      [`POST /api/alerts/${SECOND.id}/resolve`]: SECOND,
    });
    const { user } = show();
    await user.click(await screen.findByRole('checkbox', { name: /Weather failed/ }));
    await user.click(screen.getByRole('checkbox', { name: /Weather is slow/ }));
    await user.click(screen.getByRole('button', { name: 'Resolve' }));
    expect(await screen.findByText('2 alerts are resolved.')).toBeVisible();
    expect(screen.queryByText('2 chosen')).toBeNull();
  });

  it('offers nothing to choose to who settles none', async () => {
    api(undefined, { 'GET /api/users/me': { ...ME, role: 'user' } });
    show();
    await screen.findByRole('row', { name: /Weather failed/ });
    expect(screen.queryByRole('checkbox')).toBeNull();
  });
});

describe('an alert', () => {
  it('says what to do, and is acknowledged', async () => {
    const calls = api(undefined, { 'POST /api/alerts/acknowledge': { acknowledged: [FIRST], refused: [] } });
    const { user } = show(`/alerts?alert=${FIRST.id}`);
    const drawer = await screen.findByRole('dialog', { name: 'A server does not work' });
    expect(within(drawer).getByRole('region', { name: 'What to do' })).toHaveTextContent(/Look at its last error/);
    expect(within(drawer).getByText('Happened 3 times, last')).toBeVisible();
    await user.click(within(drawer).getByRole('button', { name: 'Acknowledge' }));
    expect(await screen.findByText('The alert is acknowledged.')).toBeVisible();
    expect(calls.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('that is over says who resolved it, and offers nothing more', async () => {
    const over = anAlert({ status: 'resolved', resolvedAt: '2026-11-22T10:00:00Z', resolvedBy: ME.id });
    api([], { [`GET /api/alerts/${FIRST.id}`]: over });
    show(`/alerts?alert=${FIRST.id}`);
    const drawer = await screen.findByRole('dialog', { name: 'A server does not work' });
    expect(await within(drawer).findByText('olivia')).toBeVisible();
    expect(within(drawer).queryByRole('button', { name: 'Resolve' })).toBeNull();
  });

  it.each([
    ['api_key', { name: 'CI' }, /Key CI/],
    ['user', ME, /User olivia/],
    ['webhook', {}, /A webhook/],
    ['address', {}, /10\.0\.0\.9/],
  ] as const)('about a thing of the kind %s names it', async (subjectType, record, name) => {
    const subjectId = subjectType === 'address' ? '10.0.0.9' : ME.id;
    const alert = anAlert({ subjectType, subjectId });
    delete alert.serverId;
    api([alert], { [`GET /api/api-keys/${ME.id}`]: record, [`GET /api/users/${ME.id}`]: record });
    show();
    expect(await screen.findByRole('row', { name })).toBeVisible();
  });
});
