// @ts-check
// Whoever is signed in: profile, password, sessions, keys.
import { byId, neverFromHistory } from './dom.js';
import { dropDraft, restoreDraft } from './draft.js';
import { messageOf } from './form.js';
import { startKeys } from './keys.js';
import { startPassword } from './password.js';
import { startProfile } from './profile.js';
import { asMe, readMe } from './session.js';
import { startSessions } from './sessions.js';

/** @type {Record<string, string>} */
const ROLES = { admin: 'Administrator', server_owner: 'Server owner', user: 'User' };

/**
 * @param {import('./session.js').Me} me
 */
function showFacts(me) {
  byId('me-username', HTMLElement).textContent = me.username;
  byId('me-role', HTMLElement).textContent = ROLES[me.role] ?? me.role;
  byId('me-issuers', HTMLElement).textContent = me.identities.map(({ issuer }) => issuer).join(', ');
  byId('me-elsewhere', HTMLElement).hidden = me.identities.length === 0;
}

/**
 * @param {HTMLFormElement[]} forms the forms that have what was typed before
 */
function tellOfDraft(forms) {
  const first = forms[0];
  if (!first) return;
  byId('note', HTMLElement).textContent =
    'You are signed in again. What you typed before is back in the form; it is not saved yet.';
  const field = first.querySelector('input');
  field?.focus();
}

async function signOut() {
  try {
    await asMe('POST', '/api/auth/logout');
    dropDraft();
    window.location.replace('/sign-in');
  } catch (error) {
    byId('page-problem', HTMLElement).textContent = messageOf(error);
  }
}

async function start() {
  const { me, etag } = await readMe();
  showFacts(me);
  startProfile(me, etag);
  startPassword(me);
  const lists = [startSessions(), startKeys(me)];
  byId('loading', HTMLElement).hidden = true;
  byId('account', HTMLElement).hidden = false;
  const button = byId('sign-out', HTMLButtonElement);
  button.hidden = false;
  button.addEventListener('click', signOut);
  tellOfDraft(restoreDraft(me.id));
  await Promise.all(lists);
}

neverFromHistory();
start().catch((error) => {
  byId('loading', HTMLElement).hidden = true;
  byId('page-problem', HTMLElement).textContent = messageOf(error);
});
