import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { AuditEntry } from '@/api/schema';
import { type Answers, type Call, ME, mockApi, onePage, refusal } from '@/test/api';
import { ENTRIES } from '@/test/entries';
import { renderPage } from '@/test/render';
import { AuditPage } from './AuditPage';
import { auditSearch } from './search';

const LOG = 'GET /api/audit-logs';
const [NEWER] = ENTRIES;
let files: string[] = [];

beforeEach(() => {
  files = [];
  vi.stubGlobal('isSecureContext', true);
  URL.createObjectURL = (blob: Blob) => {
    void blob.text().then((text) => files.push(text));
    return 'blob:x';
  };
  URL.revokeObjectURL = () => undefined;
  HTMLAnchorElement.prototype.click = () => undefined;
});

function page(at = '/audit', answers: Answers = {}) {
  const calls = mockApi({
    [LOG]: { entries: ENTRIES, pagination: onePage(2) },
    'GET /api/tenants': { tenants: [], pagination: onePage(0) },
    'GET /api/users': { users: [ME], pagination: onePage(1) },
    [`GET /api/users/${NEWER.actorId ?? ''}`]: { ...ME, username: 'ben' },
    [`GET /api/servers/${NEWER.resourceId ?? ''}`]: { name: 'Weather' },
    ...answers,
  });
  return { calls, ...renderPage(AuditPage, { route: '/audit', at, search: auditSearch }) };
}

const asked = (calls: ReturnType<typeof mockApi>) =>
  calls.filter(({ path }) => path === '/api/audit-logs').map(({ query }) => query.toString());

test('entries name who and what, and the chain of the page is looked at', async () => {
  page();
  const table = await screen.findByRole('table');
  expect(await within(table).findByText('Weather')).toBeVisible();
  expect((await within(table).findAllByText('ben')).length).toBe(2);
  expect(await screen.findByText(/hashes of all 2 entries .* 1 pair of neighbours fits together/)).toBeVisible();
});

test('a forged entry is told at once', async () => {
  const forged: AuditEntry = { ...NEWER, result: 'failure' };
  page('/audit', { [LOG]: { entries: [forged], pagination: onePage(1) } });
  expect(await screen.findByRole('alert')).toHaveTextContent('does not belong to the content of entry #37');
});

test('the filters of the address are asked for, and what makes no sense is passed over', async () => {
  const { calls } = page('/audit?eventType=login&resourceType=spoon&requestId=42&from=2026-11-01T00:00:00Z&actorId=me');
  await screen.findByRole('table');
  expect(asked(calls)[0]).toBe('eventType=login&requestId=42&from=2026-11-01T00%3A00%3A00.000Z&page=1&limit=25');
});

test('an id is looked for once it is whole', async () => {
  const { user, calls, history } = page();
  const field = await screen.findByLabelText('Resource id');
  await user.type(field, '01a20380{Enter}');
  expect(field).toHaveAccessibleDescription('This is no whole id yet.');
  await user.clear(field);
  await user.type(field, `${NEWER.resourceId ?? ''}{Enter}`);
  await waitFor(() => expect(history.location.search).toContain('resourceId='));
  expect(asked(calls).at(-1)).toContain(`resourceId=${NEWER.resourceId ?? ''}`);
});

test('an entry tells what changed, and leads to all of its request', async () => {
  const { user, calls } = page(`/audit?entry=${NEWER.id}`);
  const drawer = await screen.findByRole('dialog', { name: 'Server changed' });
  expect(within(drawer).getByText('Forecasts of the next days')).toBeVisible();
  expect(within(drawer).getByText(NEWER.hash)).toBeVisible();
  await user.click(within(drawer).getByRole('button', { name: 'All of this request' }));
  await waitFor(() => expect(asked(calls).at(-1)).toContain(`requestId=${NEWER.requestId ?? ''}`));
  expect(screen.queryByRole('dialog')).toBeNull();
});

test('all pages of the filter are exported, each entry once', async () => {
  const [newer, older] = ENTRIES;
  const pages = [[newer], [newer, older], []];
  const answer = (number: number) => ({
    entries: pages[number - 1],
    pagination: { page: number, limit: 100, total: 201, totalPages: 3 },
  });
  const { user, calls } = page('/audit?eventType=server_updated', {
    [LOG]: ({ query }) =>
      query.get('limit') === '100' ? answer(Number(query.get('page'))) : { entries: [newer], pagination: onePage(201) },
  });
  await screen.findByRole('table');
  await user.click(screen.getByRole('button', { name: 'Export' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Export' }));
  expect(await screen.findByText('2 entries are saved in audit-log.csv.')).toBeVisible();
  await waitFor(() => expect(files[0]?.trimEnd().split('\r\n')).toHaveLength(3));
  expect(asked(calls).filter((query) => query.includes('limit=100'))).toHaveLength(3);
  expect(asked(calls).every((query) => query.includes('eventType=server_updated'))).toBe(true);
});

test('an export that fails says so, and can be tried again', async () => {
  const { user } = page('/audit', {
    [LOG]: ({ query }) =>
      query.get('limit') === '100'
        ? refusal(503, 'SERVICE_UNAVAILABLE', 'the store is away')
        : { entries: ENTRIES, pagination: onePage(2) },
  });
  await screen.findByRole('table');
  await user.click(screen.getByRole('button', { name: 'Export' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: 'Export' }));
  expect(await within(dialog).findByRole('alert')).toHaveTextContent('The store is away.');
  expect(files).toEqual([]);
});

test('filters without a result say what to do', async () => {
  const { user, history } = page('/audit?eventType=login', { [LOG]: { entries: [], pagination: onePage(0) } });
  expect(await screen.findByText('Nothing in the log fits')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Clear the filters' }));
  await waitFor(() => expect(history.location.search).toBe(''));
});

test('who may not read the log is told whom the page is for', async () => {
  const { calls } = page('/audit', { 'GET /api/users/me': { ...ME, role: 'user' } });
  expect(await screen.findByText('This page is not for your role')).toBeVisible();
  expect(asked(calls)).toEqual([]);
});

describe('an address with an entry that is not on the page', () => {
  const other: AuditEntry = { ...NEWER, id: '01a20380-0000-7000-8000-000000000000', eventType: 'login' };
  /** The list has the entry only if it is asked for that time. */
  const log = (from: string, to: string) => ({
    [LOG]: ({ query }: Call) => {
      const isMeant = query.get('from') === from && query.get('to') === to;
      if (!isMeant) return { entries: ENTRIES, pagination: onePage(2) };
      const isLast = query.get('page') === '2';
      const pagination = { page: isLast ? 2 : 1, limit: 100, total: 101, totalPages: 2 };
      return { entries: isLast ? [other] : ENTRIES, pagination };
    },
  });

  test('opens it by the time that it tells', async () => {
    page(`/audit?entry=${other.id}&at=2026-11-20T10:00:00.123456Z`, {
      ...log('2026-11-20T10:00:00.123Z', '2026-11-20T10:00:00.124Z'),
    });
    expect(await screen.findByRole('dialog', { name: 'Signed in' })).toBeVisible();
  });

  test('opens it by the time of its id, if it tells none', async () => {
    const made = Number.parseInt('01a203800000', 16);
    const [from, to] = [made - 600_000, made + 60_000].map((moment) => new Date(moment).toISOString());
    page(`/audit?entry=${other.id}`, log(from ?? '', to ?? ''));
    expect(await screen.findByRole('dialog', { name: 'Signed in' })).toBeVisible();
  });

  test('says so if there is none', async () => {
    const { user, history } = page(`/audit?entry=${other.id}&page=1`);
    const drawer = await screen.findByRole('dialog');
    expect(await within(drawer).findByText('This entry is not in the log')).toBeVisible();
    await user.click(within(drawer).getByRole('button', { name: 'Close' }));
    await waitFor(() => expect(history.location.search).toBe('?page=1'));
  });
});
