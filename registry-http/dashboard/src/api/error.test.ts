import { expect, test } from 'vitest';
import { ApiError, failure, messageOf, noAnswer, sentence } from './error';

const answered = (status: number, body: BodyInit, headers: HeadersInit = {}) =>
  failure(new Response(body, { status, headers }));

test('an answer in the shape of the API keeps its code, its fields and its request', async () => {
  const body = { error: 'the input is not valid', code: 'INVALID_REQUEST', details: { name: 'is taken', limits: {} } };
  const error = await answered(400, JSON.stringify(body), { 'x-request-id': 'r-1' });
  expect(error).toMatchObject({ status: 400, message: 'The input is not valid.', code: 'INVALID_REQUEST' });
  expect(error.fields).toEqual({ name: 'is taken' });
  expect(error.requestId).toBe('r-1');
});

test('one who asked too often is told when to come back', async () => {
  const error = await answered(429, '{}', { 'retry-after': '7' });
  expect(error.message).toBe('Too many requests. Try again in 7 seconds.');
});

test('an answer of something else, such as a proxy, is told by its status', async () => {
  expect((await answered(502, '<html>')).message).toBe('The service answered 502.');
});

test('people are told what the API says, and of nothing else that was thrown', () => {
  expect(messageOf(noAnswer())).toMatch(/does not answer/);
  expect(messageOf(new ApiError(409, 'The name is taken.'))).toBe('The name is taken.');
  expect(messageOf(new TypeError('undefined is not a function'))).toMatch(/Reload it/);
});

test('a sentence begins with a capital letter and has an end', () => {
  expect(sentence('the name is taken')).toBe('The name is taken.');
  expect(sentence('Is it?')).toBe('Is it?');
});
