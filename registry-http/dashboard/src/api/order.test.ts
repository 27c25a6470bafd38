import { expect, test } from 'vitest';
import { server } from '@/test/server';
import { changed, inOwnOrder, moved, places } from './order';
import type { Preference } from './schema';

const ALL = ['Delta', 'Alpha', 'Charlie', 'Bravo'].map((name) => server(name));
const idOf = (name: string) => server(name).id;
const names = (list: ReturnType<typeof inOwnOrder>) => list.map((own) => own.server.name);

function at(name: string, displayOrder: number): Preference {
  const serverId = idOf(name);
  return {
    serverId,
    userId: 'me',
    displayOrder,
    isEnabled: true,
    customSettings: {},
    updatedAt: '2026-11-22T10:00:00Z',
  };
}

/** What the list is after the move, once the API has it. */
function after(preferences: Preference[], name: string, to: number) {
  const list = moved(inOwnOrder(ALL, preferences), idOf(name), to);
  const changes = places(list, idOf(name));
  return { changes, names: names(inOwnOrder(ALL, changed(preferences, changes, 'me'))) };
}

test('servers without a place are in the order of their names', () => {
  expect(names(inOwnOrder(ALL, []))).toEqual(['Alpha', 'Bravo', 'Charlie', 'Delta']);
});

test('places go from small to large, with no place as zero', () => {
  expect(names(inOwnOrder(ALL, [at('Alpha', 5), at('Delta', -2), at('Charlie', -1)]))).toEqual([
    'Delta',
    'Charlie',
    'Bravo',
    'Alpha',
  ]);
});

test('what goes to the top is the only one to get a place', () => {
  const result = after([], 'Delta', 0);
  expect(result.names).toEqual(['Delta', 'Alpha', 'Bravo', 'Charlie']);
  expect(result.changes).toEqual([{ serverId: idOf('Delta'), displayOrder: -1 }]);
});

test('what goes down takes those above it along', () => {
  expect(after([], 'Alpha', 2).names).toEqual(['Bravo', 'Charlie', 'Alpha', 'Delta']);
});

test('a move among those that have places changes no more than is needed', () => {
  const result = after([at('Delta', -2), at('Charlie', -1)], 'Charlie', 0);
  expect(result.names).toEqual(['Charlie', 'Delta', 'Alpha', 'Bravo']);
  expect(result.changes).toHaveLength(2);
});

test('a server that was put behind all others by another program keeps its place', () => {
  expect(after([at('Alpha', 7)], 'Delta', 0).names).toEqual(['Delta', 'Bravo', 'Charlie', 'Alpha']);
});

test('what a change does not name stays', () => {
  const [preference] = changed([at('Alpha', 7)], [{ serverId: idOf('Alpha'), isEnabled: false }], 'me');
  expect(preference).toMatchObject({ displayOrder: 7, isEnabled: false });
});
