import { expect, test } from 'vitest';
import { ENTRIES } from '@/test/entries';
import { cell, csv, ndjson } from './csv';

test.each([
  ['=1+1', "'=1+1"],
  ['+49', "'+49"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['=cmd|"/c calc"', '"\'=cmd|""/c calc"""'],
])('a spreadsheet does not run %j', (value, written) => {
  expect(cell(value)).toBe(written);
});

test('what is plain stays as it is, and commas, quotes and lines are quoted', () => {
  expect(cell('Mozilla/5.0')).toBe('Mozilla/5.0');
  expect(cell('a,b')).toBe('"a,b"');
  expect(cell('a "b"\nc')).toBe('"a ""b""\nc"');
});

test('a table has a head, and a row of as many cells for each entry', () => {
  const [head, first] = csv(ENTRIES).split('\r\n');
  expect(head).toMatch(/^timestamp,eventType,.*,previousHash,hash$/);
  expect(first).toMatch(/^2026-11-22T13:45:03.991977Z,server_updated,update,success,/);
  expect(first).toContain('"{""changed"":');
});

test('lines of JSON are the entries as they are', () => {
  const lines = ndjson(ENTRIES).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(ENTRIES);
});
