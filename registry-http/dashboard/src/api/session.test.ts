import { expect, test } from 'vitest';
import { ME } from '@/test/api';
import type { Role, Scope } from './schema';
import { ended, may, sessionEnded, signedIn, signInPath } from './session';

test.each<[Role, Scope, boolean]>([
  ['admin', 'audit:read', true],
  ['server_owner', 'audit:read', false],
  ['server_owner', 'server:write', true],
  ['user', 'server:write', false],
  ['user', 'keys:manage', true],
  ['user', 'users:manage', false],
])('whether a %s may do what %s stands for: %s', (role, scope, allowed) => {
  expect(may({ ...ME, role }, scope)).toBe(allowed);
});

test('a credential without the scope may not, whatever the role', () => {
  expect(may({ ...ME, scopes: ['server:read'] }, 'audit:read')).toBe(false);
});

test('the page hears that the session ended, and that somebody is back', () => {
  const heard: boolean[] = [];
  const stop = ended.subscribe(() => heard.push(ended.get()));
  signedIn(ME);
  sessionEnded();
  sessionEnded();
  signedIn(ME);
  stop();
  expect(heard).toEqual([true, false]);
});

test('one comes back to where one was', () => {
  window.history.replaceState(null, '', '/audit?page=2');
  expect(signInPath()).toBe('/sign-in?returnTo=%2Faudit%3Fpage%3D2');
});
