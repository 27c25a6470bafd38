import { expect, test } from 'vitest';
import { refusal } from '@/test/api';
import { failure, messageOf, noAnswer, sentence } from './error';

test('what the API says becomes a sentence, with the fields that are texts', async () => {
  const error = await failure(
    refusal(400, 'INVALID_REQUEST', 'the input is not valid', { name: 'is required', count: 3 }),
  );
  expect(error).toMatchObject({ status: 400, code: 'INVALID_REQUEST', message: 'The input is not valid.' });
  expect(error.fields).toEqual({ name: 'is required' });
});

test('who asks too often is told when to try again', async () => {
  const error = await failure(
    new Response('', { status: 429, headers: { 'retry-after': '7', 'x-request-id': 'r-1' } }),
  );
  expect(error.message).toBe('Too many requests. Try again in 7 seconds.');
  expect(error.requestId).toBe('r-1');
});

test('an answer that is no JSON is told by its status', async () => {
  expect((await failure(new Response('<html>', { status: 502 }))).message).toBe('The service answered 502.');
});

test('whatever was thrown, people are told what to do', () => {
  expect(messageOf(noAnswer())).toMatch(/Check your connection/);
  expect(messageOf(new TypeError('x is undefined'))).toBe(
    'Something went wrong on this page. Reload it, and try again.',
  );
});

test('a sentence that ends is left as it is', () => expect(sentence('is it? no!')).toBe('Is it? no!'));
