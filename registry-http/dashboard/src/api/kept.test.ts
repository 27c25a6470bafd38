import { expect, test } from 'vitest';
import { ApiError, noAnswer } from './error';
import { kept } from './kept';

const refetch = () => undefined;
const refused = new ApiError(403, 'Not for you.');

test('what was read stays while the service is away', () => {
  expect(kept({ data: 'read', error: noAnswer(), refetch }).error).toBeUndefined();
  expect(kept({ data: 'read', error: new ApiError(429, 'Too many.'), refetch }).error).toBeUndefined();
});

test('what was never read, or is not to be seen any more, is an error', () => {
  expect(kept({ data: undefined, error: noAnswer(), refetch }).error).toEqual(noAnswer());
  expect(kept({ data: 'read', error: refused, refetch }).error).toBe(refused);
  expect(kept({ data: 'read', error: new ApiError(404, 'Gone.'), refetch }).error).toBeInstanceOf(ApiError);
});
