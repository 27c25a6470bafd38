import { afterEach, beforeEach, expect, test } from 'vitest';
import { ME, mockApi, refusal } from '@/test/api';
import { client, ifMatch } from './client';
import { ApiError } from './error';
import { ended, signedIn } from './session';

const PASSWORD = { currentPassword: 'old', newPassword: 'new' };

beforeEach(() => signedIn(ME));
afterEach(() => signedIn(ME));

const caught = async (call: Promise<unknown>) => {
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  return error instanceof ApiError ? error : undefined;
};

test('what changes something carries the token of the session, what reads does not', async () => {
  const calls = mockApi({ 'PUT /api/users/me/password': null });
  await client.GET('/api/users/me');
  await client.PUT('/api/users/me/password', { body: PASSWORD });
  expect(calls.map(({ headers }) => headers.get('x-csrf-token'))).toEqual([null, 'csrf']);
});

test('what is no success is thrown with what the API says of each field', async () => {
  mockApi({ 'PUT /api/users/me/password': refusal(400, 'INVALID_REQUEST', 'no', { newPassword: 'is too short' }) });
  const error = await caught(client.PUT('/api/users/me/password', { body: PASSWORD }));
  expect(error).toMatchObject({ status: 400, message: 'No.', fields: { newPassword: 'is too short' } });
  expect(ended.get()).toBe(false);
});

test('an unknown session is an ended one, but a wrong password is not', async () => {
  mockApi({
    'GET /api/servers': refusal(401, 'UNAUTHORIZED', 'who are you'),
    'POST /api/auth/login': refusal(401, 'UNAUTHORIZED', 'wrong'),
  });
  expect(await caught(client.POST('/api/auth/login', { body: { username: 'a', password: 'b' } }))).toBeDefined();
  expect(ended.get()).toBe(false);
  expect(await caught(client.GET('/api/servers'))).toMatchObject({ status: 401 });
  expect(ended.get()).toBe(true);
});

test('no answer is told as such', async () => {
  mockApi({
    'GET /api/servers': () => {
      throw new TypeError('Failed to fetch');
    },
  });
  expect(await caught(client.GET('/api/servers'))).toMatchObject({ status: 0 });
});

test('a change names the revision that it was made from', () => {
  expect(ifMatch({ revision: 7 })).toEqual({ 'If-Match': '"7"' });
});
