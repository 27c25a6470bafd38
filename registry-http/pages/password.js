// @ts-check
// One's own password.
import { byId } from './dom.js';
import { fieldFailure, onSubmit, tell, typed } from './form.js';
import { asMe } from './session.js';
import { showSessions } from './sessions.js';

const form = byId('password', HTMLFormElement);

async function send() {
  if (typed(form, 'newPassword') !== typed(form, 'repeated')) throw fieldFailure('repeated', 'is not the same');
  const body = {
    currentPassword: typed(form, 'currentPassword') || undefined,
    newPassword: typed(form, 'newPassword'),
  };
  await asMe('PUT', '/api/users/me/password', { body });
  form.reset();
  tell(form, 'The password is changed, and your other sessions have ended.');
  await showSessions();
}

/**
 * @param {import('./session.js').Me} me
 */
export function startPassword(me) {
  // For password managers, which have to know whose password it is.
  byId('password-username', HTMLInputElement).defaultValue = me.username;
  byId('currentPassword-hint', HTMLElement).hidden = me.identities.length === 0;
  onSubmit(form, send);
}
