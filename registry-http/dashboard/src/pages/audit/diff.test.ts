import { expect, test } from 'vitest';
import { ENTRIES } from '@/test/entries';
import { differences, rest, shown } from './diff';

test('of what has parts only those are told that differ', () => {
  expect(differences(ENTRIES[0].metadata)).toEqual([
    { field: 'description', before: 'For trying', after: 'Forecasts of the next days' },
    { field: 'settings: timeout_ms', before: 30000, after: 60000 },
    { field: 'tags', before: ['demo'], after: ['prod', 'weather'] },
  ]);
});

test('records before and after are compared field by field', () => {
  const metadata = { before: { role: 'user', email: null }, after: { role: 'admin', email: null }, by: 'hand' };
  expect(differences(metadata)).toEqual([{ field: 'role', before: 'user', after: 'admin' }]);
  expect(rest(metadata)).toEqual({ by: 'hand' });
});

test('of a secret it is told that it changed', () => {
  expect(differences({ changed: { authConfig: true } })).toEqual([{ field: 'authConfig', isSecret: true }]);
});

test('a change of state is one', () => {
  expect(differences({ from: 'healthy', to: 'unhealthy', checkId: '1' })).toEqual([
    { field: 'state', before: 'healthy', after: 'unhealthy' },
  ]);
});

test('what is no change has no differences, and all of it is told', () => {
  expect(differences({ name: 'Weather' })).toEqual([]);
  expect(rest({ name: 'Weather', from: '2026' })).toEqual({ name: 'Weather', from: '2026' });
});

test.each([
  [null, '–'],
  [[], '–'],
  ['text', 'text'],
  [['a', 'b'], 'a, b'],
  [{ a: 1 }, '{\n "a": 1\n}'],
])('%j is shown as %j', (value, text) => expect(shown(value)).toBe(text));
