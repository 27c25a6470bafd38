// @ts-check
// Where one is signed in.
import { byId, make, time } from './dom.js';
import { messageOf } from './form.js';
import { asMe } from './session.js';
import { programOf } from './user-agent.js';

/**
 * @typedef {object} Session
 * @property {string} id
 * @property {boolean} isCurrent
 * @property {string} method
 * @property {string} [ipAddress]
 * @property {string} [userAgent]
 * @property {string} createdAt
 * @property {string} lastSeenAt
 */

/** @type {Record<string, string>} */
const METHODS = { password: 'with a password', oidc: 'through an identity provider', setup: 'with the set-up link' };

const list = byId('sessions', HTMLElement);
const endOthers = byId('end-others', HTMLButtonElement);

/** Shows the sessions as they are now. */
export async function showSessions() {
  const { json } = await asMe('GET', '/api/users/me/sessions');
  /** @type {Session[]} */
  const sessions = json.sessions;
  list.replaceChildren(...sessions.map(item));
  endOthers.hidden = !sessions.some((session) => !session.isCurrent);
}

/**
 * @param {Session} session
 */
function item(session) {
  const program = programOf(session.userAgent);
  const title = make('p', { class: 'title' }, program);
  if (session.isCurrent) title.append(make('span', { class: 'tag good' }, 'this one'));
  const how = METHODS[session.method] ?? session.method;
  const where = session.ipAddress ? ` from ${session.ipAddress}` : '';
  const began = make('p', { class: 'more' }, 'Signed in ', time(session.createdAt), ` ${how}${where}`);
  const seen = make('p', { class: 'more' }, 'Last used ', time(session.lastSeenAt));
  const entry = make('li', {}, make('div', {}, title, began, seen));
  if (!session.isCurrent) entry.append(endButton(session, program));
  return entry;
}

/**
 * @param {Session} session
 * @param {string} program
 */
function endButton(session, program) {
  const button = make('button', { type: 'button', 'aria-label': `End the session of ${program}` }, 'End');
  const end = () => asMe('DELETE', `/api/users/me/sessions/${encodeURIComponent(session.id)}`);
  button.addEventListener('click', () => act(end, 'The session has ended.'));
  return button;
}

/**
 * @param {() => Promise<unknown>} change
 * @param {string} said
 */
async function act(change, said) {
  const [note, problem] = [byId('sessions-note', HTMLElement), byId('sessions-problem', HTMLElement)];
  note.textContent = problem.textContent = '';
  try {
    await change();
    await showSessions();
    note.textContent = said;
    // The button that had the focus is gone.
    byId('sessions-heading', HTMLElement).focus();
  } catch (error) {
    problem.textContent = messageOf(error);
  }
}

export async function startSessions() {
  const others = () => asMe('DELETE', '/api/users/me/sessions');
  endOthers.addEventListener('click', () => act(others, 'Your other sessions have ended.'));
  await showSessions();
}
