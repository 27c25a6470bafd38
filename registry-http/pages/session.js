// @ts-check
// Calls as whoever is signed in. When the session is over, what was typed is kept and the sign-in page follows.
import { ApiError, call } from './api.js';
import { keepDraft } from './draft.js';

/**
 * @typedef {object} Me
 * @property {string} id
 * @property {string} username
 * @property {string} [displayName]
 * @property {string} [email]
 * @property {string} role
 * @property {{ issuer: string }[]} identities
 * @property {string} [csrfToken]
 */

/** @type {Me | null} */
let user = null;

/**
 * Whoever is signed in, as the server has it now, and the ETag of that.
 *
 * @returns {Promise<{ me: Me, etag: string }>}
 */
export async function readMe() {
  const { json, etag } = await call('GET', '/api/users/me').catch(signInAgain);
  if (user && user.id !== json.id) return startOver();
  user = json;
  return { me: json, etag };
}

/**
 * Calls the API with the session.
 *
 * @param {string} method
 * @param {string} path
 * @param {import('./api.js').Request} [request]
 * @returns {Promise<import('./api.js').Answer>}
 */
export async function asMe(method, path, request = {}) {
  const token = user?.csrfToken ?? '';
  return call(method, path, { ...request, csrfToken: token }).catch(async (error) => {
    if (!(error instanceof ApiError) || error.status !== 403) return signInAgain(error);
    // Somebody signed in anew in another tab, so the session has another token now.
    const { me } = await readMe();
    if (!me.csrfToken || me.csrfToken === token) throw error;
    return call(method, path, { ...request, csrfToken: me.csrfToken }).catch(signInAgain);
  });
}

/**
 * @param {unknown} error
 * @returns {Promise<never>} of a page that is being left: nothing more happens on it
 */
function signInAgain(error) {
  if (!(error instanceof ApiError) || error.status !== 401) throw error;
  if (user) keepDraft(user.id);
  const query = new URLSearchParams({ returnTo: window.location.pathname });
  window.location.replace(`/sign-in?${query}`);
  return new Promise(() => {});
}

/**
 * Another user signed in: nothing of this page is theirs.
 *
 * @returns {Promise<never>}
 */
function startOver() {
  window.location.reload();
  return new Promise(() => {});
}
