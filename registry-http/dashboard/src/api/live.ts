import { useSyncExternalStore } from 'react';
import { client } from './client';
import { ApiError } from './error';
import { invalidate, queryClient } from './query';
import type { EventMessage, ResourceType } from './schema';
import { onceSignedIn } from './session';

/** `live`: told of what happens; `connecting`: not at the moment, it is tried again by itself. */
export type LiveState = 'connecting' | 'live';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** Nothing for this long, though a heartbeat comes every 15 s: the connection is dead. */
const SILENCE_MS = 40_000;
/** Events of this long are one round of reading. */
const GATHER_MS = 200;
/** Rounds are so far apart: while 1,000 servers are checked there are events all the time, and a user has a limit. */
const APART_MS = 2_000;

/** Which answers an event makes old. */
const READ_ANEW: Partial<Record<ResourceType, string[]>> = {
  server: ['/api/servers', '/api/overview', '/api/tools', '/api/analytics'],
  api_key: ['/api/api-keys', '/api/overview'],
  alert: ['/api/alerts', '/api/overview'],
  webhook: ['/api/webhooks'],
  user: ['/api/users'],
  tenant: ['/api/tenants'],
  session: ['/api/users/me/sessions'],
};

let state: LiveState = 'connecting';
let position: string | undefined;
let failures = 0;
let silence: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();
const gathered = new Set<string>();
let lastRound = -Infinity;

/** Begins to listen, for as long as the page is open. */
export function startLive(): void {
  const scheme = window.location.protocol === 'https:' ? 'wss' : 'ws';
  const query = position === undefined ? '' : `?${new URLSearchParams({ after: position }).toString()}`;
  const socket = new WebSocket(`${scheme}://${window.location.host}/api/events${query}`);
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => socket.close(), SILENCE_MS);
  };
  heard();
  socket.onmessage = ({ data }) => {
    heard();
    receive(JSON.parse(String(data)) as EventMessage);
  };
  socket.onclose = () => {
    clearTimeout(silence);
    setState('connecting');
    comeBack();
  };
}

/** A WebSocket does not say why it was refused, so the API is asked first: it may be that the session has ended. */
async function reconnect() {
  try {
    await client.GET('/api/users/me');
    startLive();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) onceSignedIn(startLive);
    else comeBack();
  }
}

function comeBack() {
  setTimeout(() => void reconnect(), nextWait());
}

/** Whether the page hears of what happens as it happens. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(subscribe, () => state);
}

function receive(message: EventMessage) {
  position = message.position;
  if (message.kind === 'hello') connected();
  if (message.kind === 'reset') void queryClient.invalidateQueries();
  if (message.kind === 'event' && message.event) gather(message.event.resourceType);
}

/** Not everything is an event (a check that changed nothing is none), so a page that comes back reads anew. */
function connected() {
  if (failures > 0) void queryClient.invalidateQueries();
  failures = 0;
  setState('live');
}

function gather(resource: ResourceType) {
  if (gathered.size === 0) setTimeout(readAnew, Math.max(GATHER_MS, lastRound + APART_MS - performance.now()));
  gathered.add('/api/audit-logs');
  READ_ANEW[resource]?.forEach((prefix) => gathered.add(prefix));
}

function readAnew() {
  lastRound = performance.now();
  void invalidate(...gathered);
  gathered.clear();
}

function nextWait(): number {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
  failures += 1;
  // All open pages do not come back in the same instant.
  return wait / 2 + (Math.random() * wait) / 2;
}

function setState(next: LiveState) {
  if (state === next) return;
  state = next;
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
