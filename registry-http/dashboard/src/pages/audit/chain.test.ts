import { expect, test } from 'vitest';
import { ENTRIES } from '@/test/entries';
import { canonical, look } from './chain';

const [NEWER, OLDER] = ENTRIES;

test('entries as a registry wrote them have the hashes of their content, and fit together', async () => {
  expect(await look(ENTRIES)).toEqual({ entries: 2, wrong: [], links: 1, broken: [] });
});

test('an entry that was changed has another hash', async () => {
  const forged = { ...NEWER, actorId: '01a20380-c03a-7227-8e1e-000000000000' };
  expect((await look([forged, OLDER])).wrong).toEqual([37]);
});

test('an entry that names another hash before it breaks the chain', async () => {
  const other = { ...OLDER, hash: 'a'.repeat(64) };
  expect((await look([NEWER, other])).broken).toEqual([37]);
});

test('entries that are no neighbours, or of another tenant, are not compared', async () => {
  expect((await look([NEWER])).links).toBe(0);
  expect((await look([NEWER, { ...OLDER, tenantId: '01a20380-0000-7000-8000-000000000000' }])).links).toBe(0);
});

test('canonical JSON has its names in order, and leaves out what is absent', () => {
  expect(canonical({ b: [1, { d: null, c: 'é"' }], a: true, z: undefined })).toBe(
    '{"a":true,"b":[1,{"c":"é\\"","d":null}]}',
  );
});
