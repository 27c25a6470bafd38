import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ME, mockApi, refusal } from '@/test/api';
import type { EventMessage } from './schema';

/** A connection whose other end the test is. */
class Socket {
  static all: Socket[] = [];
  onmessage?: (message: { data: string }) => void;
  onclose?: () => void;
  readonly url: string;
  constructor(url: string) {
    this.url = url;
    Socket.all.push(this);
  }
  close() {
    this.onclose?.();
  }
  say(message: Partial<EventMessage>) {
    act(() => this.onmessage?.({ data: JSON.stringify(message) }));
  }
}

function newest(): Socket {
  const socket = Socket.all.at(-1);
  if (!socket) throw new Error('there is no connection');
  return socket;
}
const wait = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

/** The module as a page that was just opened has it, and the cache that it makes old. */
async function open() {
  const live = await import('./live');
  const { queryClient } = await import('./query');
  const session = await import('./session');
  session.signedIn(ME);
  const state = renderHook(() => live.useLiveState()).result;
  live.startLive();
  return { state, session, invalidated: vi.spyOn(queryClient, 'invalidateQueries') };
}

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', Socket);
  Socket.all = [];
  mockApi({});
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('it is live once the service has said so, and events of a moment are one round of reading', async () => {
  const { state, invalidated } = await open();
  expect(state.current).toBe('connecting');
  newest().say({ kind: 'hello', position: '1' });
  expect(state.current).toBe('live');
  newest().say({ kind: 'event', position: '2', event: { resourceType: 'server' } as never });
  newest().say({ kind: 'event', position: '3', event: { resourceType: 'alert' } as never });
  expect(invalidated).not.toHaveBeenCalled();
  await wait(250);
  expect(invalidated).toHaveBeenCalledOnce();
  newest().say({ kind: 'reset', position: '9' });
  expect(invalidated).toHaveBeenCalledTimes(2);
});

test('a connection that broke is made again from where it was, and everything is read anew', async () => {
  const { state, invalidated } = await open();
  newest().say({ kind: 'hello', position: '5' });
  act(() => newest().close());
  expect(state.current).toBe('connecting');
  await wait(1_100);
  expect(Socket.all).toHaveLength(2);
  expect(newest().url).toContain('after=5');
  newest().say({ kind: 'hello', position: '5' });
  expect(state.current).toBe('live');
  expect(invalidated).toHaveBeenCalledOnce();
});

test('silence is the end of a connection', async () => {
  const { state } = await open();
  newest().say({ kind: 'hello', position: '5' });
  await wait(40_100);
  expect(state.current).toBe('connecting');
});

test('it is tried again while the service does not answer, at longer and longer intervals', async () => {
  await open();
  mockApi({ 'GET /api/users/me': refusal(503, 'SERVICE_UNAVAILABLE', 'not now') });
  act(() => newest().close());
  await wait(20_000);
  expect(Socket.all).toHaveLength(1);
  mockApi({});
  await wait(31_000);
  expect(Socket.all).toHaveLength(2);
});

test('after the end of the session nothing is tried until somebody has signed in again', async () => {
  const { session } = await open();
  mockApi({ 'GET /api/users/me': refusal(401, 'UNAUTHORIZED', 'who are you') });
  act(() => newest().close());
  await wait(120_000);
  expect([Socket.all.length, session.ended.get()]).toEqual([1, true]);
  act(() => session.signedIn(ME));
  expect(Socket.all).toHaveLength(2);
});
