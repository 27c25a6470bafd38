import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ME } from '@/test/api';
import type { Role, Scope } from './schema';

const place = { pathname: '/servers', search: '?page=2', replace: vi.fn(), reload: vi.fn() };

/** A page that nobody has signed in on yet. */
async function fresh() {
  vi.resetModules();
  return import('./session');
}

beforeEach(() => vi.stubGlobal('location', place));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

test('before anybody was signed in, the sign-in page follows, and leads back', async () => {
  const session = await fresh();
  expect(session.sessionEnded()).toBe('left');
  expect(place.replace).toHaveBeenCalledWith('/sign-in?returnTo=%2Fservers%3Fpage%3D2');
  expect(session.ended.get()).toBe(false);
});

test('a page that shows something stays, and goes on when its user has signed in again', async () => {
  const session = await fresh();
  session.signedIn(ME);
  const changed = vi.fn();
  session.ended.subscribe(changed);
  expect(session.sessionEnded()).toBe('stays');
  expect(session.ended.get()).toBe(true);
  const goOn = vi.fn();
  session.onceSignedIn(goOn);
  expect(goOn).not.toHaveBeenCalled();
  session.signedIn({ ...ME, csrfToken: 'new' });
  expect(goOn).toHaveBeenCalledOnce();
  expect(session.csrfToken()).toBe('new');
  expect(changed).toHaveBeenCalledTimes(2);
  expect(place.replace).not.toHaveBeenCalled();
});

test('when somebody else signs in, the page starts over', async () => {
  const session = await fresh();
  session.signedIn(ME);
  session.signedIn({ ...ME, id: '0192aaaa-0000-7000-8000-000000000002' });
  expect(place.reload).toHaveBeenCalledOnce();
});

test.each<[Role, Scope, boolean]>([
  ['admin', 'users:manage', true],
  ['server_owner', 'users:manage', false],
  ['server_owner', 'server:write', true],
  ['user', 'server:write', false],
  ['user', 'server:read', true],
])('the role %s with the scope %s: %s', async (role, scope, expected) => {
  const { may } = await fresh();
  expect(may({ ...ME, role }, scope)).toBe(expected);
  expect(may({ ...ME, role, scopes: [] }, scope)).toBe(false);
});
