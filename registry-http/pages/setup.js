// @ts-check
// The first administrator.
import { ApiError, call } from './api.js';
import { byId, neverFromHistory, showOnly } from './dom.js';
import { fieldFailure, onSubmit, showFailure, typed } from './form.js';
import { showKey } from './secret.js';
import { warning } from './secure.js';

const form = byId('setup', HTMLFormElement);
const section = (/** @type {string} */ id) => byId(id, HTMLElement);

/** The secret of the link: here and nowhere else. */
let token = '';

/** Takes the secret out of the address, so that it is in no history and on no screenshot. */
function takeToken() {
  const given = new URLSearchParams(window.location.hash.slice(1)).get('token');
  if (given) token = given;
  window.history.replaceState(null, '', window.location.pathname);
}

async function show() {
  const isRequired = await call('GET', '/api/auth/providers').then(
    ({ setupRequired }) => setupRequired !== false,
    // Whether it is will be seen when the form is sent.
    () => true,
  );
  if (!isRequired) return showOnly(section('done-before'));
  showOnly(section(token ? 'begin' : 'no-link'));
}

/** The form stays as it is, but this link makes nobody an administrator any more. */
async function linkIsOver() {
  token = '';
  section('no-link-reason').textContent =
    'This link is not valid: it was used, or is older than an hour, or is not whole. Nothing was made.';
  await show();
}

async function send() {
  if (typed(form, 'password') !== typed(form, 'repeated')) throw fieldFailure('repeated', 'is not the same');
  const body = {
    token,
    username: typed(form, 'username'),
    displayName: typed(form, 'displayName') || undefined,
    password: typed(form, 'password'),
    issueApiKey: byId('issueApiKey', HTMLInputElement).checked,
  };
  try {
    done(await call('POST', '/api/setup', body));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) await linkIsOver();
    else throw error;
  }
}

/**
 * @param {{ username: string, displayName?: string, apiKey?: { key: string } }} made
 */
function done(made) {
  form.reset();
  token = '';
  section('who').textContent = made.displayName ?? made.username;
  if (made.apiKey) showKey(section('key'), made.apiKey.key);
  showOnly(section('done'));
}

neverFromHistory();
takeToken();
if (warning) showFailure(form, new ApiError(0, warning));
onSubmit(form, send);
// Somebody pastes the whole link into the address bar of this page.
window.addEventListener('hashchange', () => {
  takeToken();
  void show();
});
void show();
