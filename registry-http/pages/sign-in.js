// @ts-check
// Signing in, with a password or at an identity provider.
import { ApiError, call } from './api.js';
import { byId, make, neverFromHistory, showOnly } from './dom.js';
import { onSubmit, showFailure, typed } from './form.js';
import { localPath } from './local-path.js';
import { noCookie, warning } from './secure.js';

const form = byId('password-form', HTMLFormElement);
const query = new URLSearchParams(window.location.search);
const returnTo = localPath(query.get('returnTo'));

/**
 * Why a sign-in at a provider failed, by the code in the address.
 *
 * @type {Record<string, string>}
 */
const REASONS = {
  UNAUTHORIZED:
    'You were not signed in. The sign-in took too long or was used before, or there is no account for you here. ' +
    'Try again; if it happens again, ask an administrator.',
  FORBIDDEN: 'The identity provider did not let you in.',
  NOT_FOUND: 'There is no such identity provider any more. Choose another way to sign in.',
  RATE_LIMIT_EXCEEDED: 'Too many sign-ins came from your address. Wait a minute, and try again.',
  SERVICE_UNAVAILABLE: 'The identity provider cannot be reached at the moment. Try again later.',
};

/** Tells of a failure once: a reload of the page begins anew. */
function showReason() {
  const code = query.get('error');
  if (code === null) return;
  const known = Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
  showFailure(form, new ApiError(0, known ?? 'You were not signed in. Try again.'));
  query.delete('error');
  const rest = query.toString();
  window.history.replaceState(null, '', window.location.pathname + (rest && `?${rest}`));
}

async function showProviders() {
  const { setupRequired, providers } = await call('GET', '/api/auth/providers');
  if (setupRequired) return showOnly(byId('setup-required', HTMLElement));
  const link = (/** @type {{ name: string, startUrl: string }} */ provider) => {
    const href = `${provider.startUrl}?${new URLSearchParams({ returnTo })}`;
    return make('li', {}, make('a', { class: 'button', href }, `Continue with ${provider.name}`));
  };
  byId('providers', HTMLElement).replaceChildren(...providers.map(link));
  byId('elsewhere', HTMLElement).hidden = providers.length === 0;
}

async function send() {
  const body = {
    username: typed(form, 'username').trim(),
    password: typed(form, 'password'),
    tenant: typed(form, 'tenant').trim() || undefined,
  };
  try {
    await call('POST', '/api/auth/login', body);
  } catch (error) {
    throw error instanceof ApiError && error.status === 401 ? refused() : error;
  }
  await call('GET', '/api/users/me').catch((error) => {
    throw error instanceof ApiError && error.status === 401 ? new ApiError(401, noCookie) : error;
  });
  window.location.assign(returnTo);
}

/** The server does not say whether it is the tenant that is missing: then others would learn who is where. */
function refused() {
  byId('with-tenant', HTMLDetailsElement).open = true;
  const password = byId('password', HTMLInputElement);
  password.value = '';
  password.focus();
  return new ApiError(
    401,
    'The user name or the password is wrong. If people of several tenants have your user name, name your tenant too.',
  );
}

neverFromHistory();
if (warning) showFailure(form, new ApiError(0, warning));
showReason();
onSubmit(form, send);
showProviders().catch((error) => showFailure(form, error));
byId('username', HTMLInputElement).focus();
