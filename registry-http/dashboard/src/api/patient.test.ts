import { afterEach, expect, test, vi } from 'vitest';
import { patient } from './patient';

const away = () => Promise.reject(new TypeError('Failed to fetch'));

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('what cannot be loaded while the service is away is loaded once it is back', async () => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', vi.fn(away));
  const load = vi.fn<() => Promise<string>>().mockImplementationOnce(away).mockResolvedValue('a page');
  const loaded = patient(load);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await loaded).toBe('a page');
  expect(load).toHaveBeenCalledTimes(2);
});

test('what a service that answers does not have is an error at once', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response()));
  await expect(patient(away)).rejects.toThrow('Failed to fetch');
});
