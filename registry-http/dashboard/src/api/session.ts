import type { Me, Scope } from './schema';

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

/** Where one signs in, to come back to here. */
export function signInPath(): string {
  const returnTo = window.location.pathname + window.location.search;
  return `/sign-in?${new URLSearchParams({ returnTo }).toString()}`;
}

/** Whether `user` may do what `scope` stands for. What a page offers follows it; the API decides. */
export function may(user: Me, scope: Scope): boolean {
  return user.scopes.includes(scope);
}

function setEnded(value: boolean) {
  if (hasEnded === value) return;
  hasEnded = value;
  listeners.forEach((listener) => listener());
}
