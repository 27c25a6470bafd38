// @ts-check
// Forms: what is missing, what the server says of each field, and no second request while one is under way.
import { ApiError, sentence } from './api.js';

/**
 * Runs `send` when the form is submitted and nothing required is missing. What it throws is shown in the form.
 *
 * @param {HTMLFormElement} form
 * @param {() => Promise<void>} send
 */
export function onSubmit(form, send) {
  let isBusy = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (isBusy) return;
    clear(form);
    if (!isComplete(form)) return;
    isBusy = true;
    const button = form.querySelector('button[type=submit]');
    // Not `disabled`, which would take the focus away from it.
    button?.setAttribute('aria-disabled', 'true');
    try {
      await send();
    } catch (error) {
      showFailure(form, error);
    } finally {
      isBusy = false;
      button?.removeAttribute('aria-disabled');
    }
  });
}

/**
 * What was typed into a field.
 *
 * @param {HTMLFormElement} form
 * @param {string} name
 */
export function typed(form, name) {
  const field = form.elements.namedItem(name);
  return field instanceof HTMLInputElement ? field.value : '';
}

/**
 * A failure that belongs to one field.
 *
 * @param {string} field
 * @param {string} message goes on after the field's label
 */
export function fieldFailure(field, message) {
  return new ApiError(400, '', { [field]: message });
}

/**
 * @param {unknown} error
 */
function messageOf(error) {
  if (error instanceof ApiError) return error.message;
  console.error(error);
  return 'Something went wrong in this page. Reload it, and try again.';
}

/**
 * @param {HTMLFormElement} form
 */
function clear(form) {
  for (const text of form.querySelectorAll('.problem, .error')) text.textContent = '';
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
}

/**
 * @param {HTMLFormElement} form
 */
function isComplete(form) {
  const required = /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('input[required]'));
  const missing = [...required].filter((field) => field.value === '').map((field) => [field.name, 'is required']);
  if (missing.length > 0) showFailure(form, new ApiError(400, '', Object.fromEntries(missing)));
  return missing.length === 0;
}

/**
 * Shows each message at its field, and all else at the head of the form. The first field in question gets the focus.
 *
 * @param {HTMLFormElement} form
 * @param {unknown} error
 */
export function showFailure(form, error) {
  const details = Object.entries(error instanceof ApiError ? error.details : {});
  const elsewhere = details.filter(([field, message]) => !showAtField(form, field, message));
  const rest = elsewhere.map(([field, message]) => sentence(`${field}: ${message}`)).join(' ');
  const isTold = details.length > 0 && elsewhere.length === 0;
  const problem = form.querySelector('.problem');
  if (problem) problem.textContent = isTold ? 'Please look at the fields below.' : `${messageOf(error)} ${rest}`.trim();
  const first = form.querySelector('[aria-invalid=true]');
  if (first instanceof HTMLElement) first.focus();
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string} message
 * @returns {boolean} whether the form has such a field
 */
function showAtField(form, name, message) {
  const place = form.querySelector(`#${CSS.escape(name)}-error`);
  if (!place) return false;
  const field = form.querySelector(`#${CSS.escape(name)}`);
  const label = form.querySelector(`label[for="${CSS.escape(name)}"]`)?.firstChild;
  place.textContent = sentence(`${label?.textContent?.trim() ?? name} ${message}`);
  field?.setAttribute('aria-invalid', 'true');
  return true;
}
