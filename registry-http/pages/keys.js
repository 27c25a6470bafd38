// @ts-check
// One's own API keys.
import { byId, make, time } from './dom.js';
import { messageOf, onSubmit, typed } from './form.js';
import { boxes, chosen } from './scopes.js';
import { showKey } from './secret.js';
import { asMe } from './session.js';

/**
 * @typedef {object} Key
 * @property {string} id
 * @property {string} name
 * @property {string} keyPrefix
 * @property {string[]} scopes
 * @property {string} status
 * @property {string} expiresAt
 */

const PAGE_SIZE = 20;

const list = byId('keys', HTMLElement);
const form = byId('key-form', HTMLFormElement);
const more = byId('more-keys', HTMLButtonElement);

let userId = '';
let mayManage = false;
let page = 1;

/**
 * Shows a page of the keys, newest first: after what is there, or the first in place of it.
 *
 * @param {number} number
 */
async function showPage(number) {
  const query = new URLSearchParams({ ownerUserId: userId, page: String(number), limit: String(PAGE_SIZE) });
  const { json } = await asMe('GET', `/api/api-keys?${query}`);
  page = number;
  const items = /** @type {Key[]} */ (json.apiKeys).map(item);
  if (number === 1) list.replaceChildren();
  list.append(...items);
  more.hidden = json.pagination.totalPages <= number;
  byId('no-keys', HTMLElement).hidden = json.pagination.total > 0;
}

/**
 * @param {Key} key
 */
function item(key) {
  const isActive = key.status === 'active';
  const status = make('span', { class: isActive ? 'tag good' : 'tag' }, key.status);
  const title = make('p', { class: 'title' }, key.name, status);
  const looks = make('p', { class: 'more' }, make('code', {}, `${key.keyPrefix}…`), ` ${key.scopes.join(', ')}`);
  const until = make('p', { class: 'more' }, 'Valid until ', time(key.expiresAt));
  const entry = make('li', {}, make('div', {}, title, looks, until));
  if (isActive && mayManage) entry.append(revokeButton(key));
  return entry;
}

/**
 * @param {Key} key
 */
function revokeButton(key) {
  const button = make('button', { type: 'button', 'aria-label': `Revoke the key ${key.name}` }, 'Revoke');
  button.addEventListener('click', () => {
    const isMeant = window.confirm(`Revoke the key “${key.name}”? What uses it stops working at once, for good.`);
    if (isMeant) void act(() => revoke(key));
  });
  return button;
}

/**
 * @param {Key} key
 */
async function revoke(key) {
  await asMe('DELETE', `/api/api-keys/${encodeURIComponent(key.id)}`);
  await showPage(1);
  byId('keys-note', HTMLElement).textContent = `The key “${key.name}” is revoked.`;
  byId('keys-heading', HTMLElement).focus();
}

/**
 * @param {() => Promise<void>} change
 */
async function act(change) {
  const problem = byId('keys-problem', HTMLElement);
  problem.textContent = byId('keys-note', HTMLElement).textContent = '';
  try {
    await change();
  } catch (error) {
    problem.textContent = messageOf(error);
  }
}

async function send() {
  const body = {
    name: typed(form, 'name'),
    scopes: chosen(form),
    expiresInDays: Number(typed(form, 'expiresInDays')),
  };
  const { json } = await asMe('POST', '/api/api-keys', { body });
  form.reset();
  const place = byId('key', HTMLElement);
  showKey(place, json.key);
  place.querySelector('p')?.focus();
  await showPage(1);
}

/**
 * @param {import('./session.js').Me} me
 */
export async function startKeys(me) {
  userId = me.id;
  mayManage = me.role !== 'user';
  byId('make-key', HTMLElement).hidden = !mayManage;
  byId('keys-by-others', HTMLElement).hidden = mayManage;
  byId('scopes', HTMLElement).replaceChildren(...boxes(me.role));
  onSubmit(form, send);
  more.addEventListener('click', () => act(() => showPage(page + 1)));
  await showPage(1);
}
