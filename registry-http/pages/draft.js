// @ts-check
// What was typed when the session ended. It is kept in this tab until its user is back. Passwords are never kept.

const PLACE = 'mcp-registry-draft';

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */
/** @typedef {{ userId: string, forms: Record<string, Record<string, string | boolean>> }} Draft */

/** @returns {HTMLFormElement[]} */
const forms = () => [...document.querySelectorAll('form')].filter((form) => form.dataset['draft']);

/**
 * The fields of a form that may be kept.
 *
 * @param {HTMLFormElement} form
 * @returns {Field[]}
 */
function fields(form) {
  return [...form.elements].filter(
    /** @returns {element is Field} */
    (element) =>
      element instanceof HTMLSelectElement ||
      (element instanceof HTMLInputElement && element.type !== 'password' && element.type !== 'hidden'),
  );
}

/** @param {Field} field */
const isBox = (field) => field instanceof HTMLInputElement && field.type === 'checkbox';

/** @param {Field} field */
const nameOf = (field) => (isBox(field) ? `${field.name}=${field.value}` : field.name);

/**
 * What differs from what the server had.
 *
 * @param {Field} field
 */
function isTyped(field) {
  if (field instanceof HTMLSelectElement) return field.selectedOptions[0]?.defaultSelected === false;
  return isBox(field) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

/**
 * @param {HTMLFormElement} form
 * @returns {Record<string, string | boolean>}
 */
function typedInto(form) {
  const content = (/** @type {Field} */ field) =>
    field instanceof HTMLInputElement && isBox(field) ? field.checked : field.value;
  return Object.fromEntries(fields(form).filter(isTyped).map((field) => [nameOf(field), content(field)]));
}

/**
 * Keeps what this user typed.
 *
 * @param {string} userId
 */
export function keepDraft(userId) {
  const all = forms().map((form) => [form.dataset['draft'], typedInto(form)]);
  const typed = Object.fromEntries(all.filter(([, content]) => Object.keys(content ?? {}).length > 0));
  window.sessionStorage.setItem(PLACE, JSON.stringify({ userId, forms: typed }));
}

/** @returns {Draft | null} */
function kept() {
  try {
    return JSON.parse(window.sessionStorage.getItem(PLACE) ?? 'null');
  } catch {
    return null;
  }
}

/** Whether a session ended while its user looked at a page, and whether something was typed there. */
export function sessionHasEnded() {
  const draft = kept();
  if (!draft) return false;
  return Object.keys(draft.forms).length > 0 ? 'with a draft' : 'without a draft';
}

/** Forgets what was kept. */
export function dropDraft() {
  window.sessionStorage.removeItem(PLACE);
}

/**
 * Puts back what this user typed; what anybody else typed is forgotten.
 *
 * @param {string} userId
 * @returns {HTMLFormElement[]} the forms that have something again
 */
export function restoreDraft(userId) {
  const draft = kept();
  dropDraft();
  if (draft?.userId !== userId) return [];
  return forms().filter((form) => {
    const typed = draft.forms[form.dataset['draft'] ?? ''];
    if (typed) fields(form).forEach((field) => putBack(field, typed[nameOf(field)]));
    return typed !== undefined;
  });
}

/**
 * @param {Field} field
 * @param {string | boolean | undefined} content
 */
function putBack(field, content) {
  if (typeof content === 'string') field.value = content;
  else if (typeof content === 'boolean' && field instanceof HTMLInputElement) field.checked = content;
}
