// @ts-check
// What a key may do.
import { make } from './dom.js';

/** The scopes, what they are for, and the roles for which they are of use. */
const SCOPES = [
  { scope: 'server:read', use: 'See servers and their health', isUsual: true },
  { scope: 'mcp:invoke', use: 'Call MCP servers', isUsual: true },
  { scope: 'server:write', use: 'Register, change and remove servers' },
  { scope: 'health:check', use: 'Check the health of servers' },
  { scope: 'keys:manage', use: 'Make and revoke keys' },
  { scope: 'users:manage', use: 'Change your profile, and manage users as far as you may' },
  { scope: 'audit:read', use: 'Read the audit log', adminsOnly: true },
];

/**
 * A box to tick for each scope that is of use in this role.
 *
 * @param {string} role
 */
export function boxes(role) {
  return SCOPES.filter(({ adminsOnly }) => !adminsOnly || role === 'admin').map(({ scope, use, isUsual }) => {
    const id = `scope-${scope.replace(':', '-')}`;
    const box = make('input', { type: 'checkbox', id, name: 'scope', value: scope });
    box.defaultChecked = isUsual === true;
    return make('div', { class: 'choice' }, box, make('label', { for: id }, `${use} `, make('code', {}, scope)));
  });
}

/**
 * The scopes that are ticked.
 *
 * @param {HTMLFormElement} form
 */
export function chosen(form) {
  return new FormData(form).getAll('scope').map(String);
}
