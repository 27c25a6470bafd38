// @ts-check
// One's own display name and e-mail address.
import { ApiError } from './api.js';
import { byId } from './dom.js';
import { onSubmit, tell, typed } from './form.js';
import { asMe, readMe } from './session.js';

const form = byId('profile', HTMLFormElement);

/** The ETag of what the form was made from. */
let base = '';

/**
 * Fills the form, and remembers what is typed as of now.
 *
 * @param {import('./session.js').Me} me
 * @param {string} etag
 */
function fill(me, etag) {
  base = etag;
  byId('displayName', HTMLInputElement).defaultValue = me.displayName ?? '';
  byId('email', HTMLInputElement).defaultValue = me.email ?? '';
}

async function send() {
  const body = { displayName: typed(form, 'displayName') || null, email: typed(form, 'email') || null };
  try {
    const { json, etag } = await asMe('PATCH', '/api/users/me', { body, ifMatch: base });
    fill(json, etag);
    form.reset();
    tell(form, 'Saved.');
  } catch (error) {
    throw error instanceof ApiError && error.status === 412 ? await changedElsewhere() : error;
  }
}

/** What was typed stays, and may be saved over what is there now. */
async function changedElsewhere() {
  const { me, etag } = await readMe();
  fill(me, etag);
  const stored = `${me.displayName ?? 'no display name'}, ${me.email ?? 'no e-mail'}`;
  return new ApiError(412, `Your profile was changed elsewhere meanwhile: ${stored}. Save again to replace that.`);
}

/**
 * @param {import('./session.js').Me} me
 * @param {string} etag
 */
export function startProfile(me, etag) {
  fill(me, etag);
  form.reset();
  onSubmit(form, send);
}
