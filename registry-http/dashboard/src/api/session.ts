import type { Me, Role, Scope } from './schema';

type Listener = () => void;

let me: Me | undefined;
let hasEnded = false;
const listeners = new Set<Listener>();

/** Without this token the session changes nothing. */
export function csrfToken(): string | undefined {
  return me?.csrfToken;
}

/** Keeps who is signed in. If that is somebody else than before, nothing of this page is theirs: it starts over. */
export function signedIn(user: Me): void {
  if (me && me.id !== user.id) window.location.reload();
  me = user;
  setEnded(false);
}

/**
 * The API does not know the session any more. What has been shown stays, to be signed in over. Before that, the page is left
 * for the sign-in.
 */
export function sessionEnded(): 'stays' | 'left' {
  if (me) {
    setEnded(true);
    return 'stays';
  }
  window.location.replace(signInPath());
  return 'left';
}

/** Whether the session has ended while the page was open. For `useSyncExternalStore`. */
export const ended = {
  get: () => hasEnded,
  subscribe: (listener: Listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** Calls `goOn` when somebody has signed in again. */
export function onceSignedIn(goOn: () => void): void {
  const stop = ended.subscribe(() => {
    if (hasEnded) return;
    stop();
    goOn();
  });
}

/** Where one signs in, to come back to here. */
export function signInPath(): string {
  const returnTo = window.location.pathname + window.location.search;
  return `/sign-in?${new URLSearchParams({ returnTo }).toString()}`;
}

const ALL: readonly Role[] = ['admin', 'server_owner', 'user'];
const OWNERS: readonly Role[] = ['admin', 'server_owner'];
const ADMINS: readonly Role[] = ['admin'];

/** A session has every scope: of what use one is depends on the role (docs/api.md, "Who may do what"). */
const ROLES: Record<Scope, readonly Role[]> = {
  'server:read': ALL,
  'mcp:invoke': ALL,
  'keys:manage': ALL,
  'server:write': OWNERS,
  'health:check': OWNERS,
  'audit:read': ADMINS,
  'users:manage': ADMINS,
};

/**
 * Whether `user` may do what `scope` stands for. What a page offers follows it; the API decides. (With `keys:manage` a
 * `user` sees keys, but makes and changes none. Everybody changes their own profile and preferences.)
 */
export function may(user: Me, scope: Scope): boolean {
  return user.scopes.includes(scope) && ROLES[scope].includes(user.role);
}

function setEnded(value: boolean) {
  if (hasEnded === value) return;
  hasEnded = value;
  listeners.forEach((listener) => listener());
}
