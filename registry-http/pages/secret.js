// @ts-check
// A key, which is shown once.
import { make } from './dom.js';

/**
 * Puts the key into the page, with a button to copy it.
 *
 * @param {HTMLElement} place
 * @param {string} key
 */
export function showKey(place, key) {
  const code = make('code', { class: 'block', id: 'new-key' }, key);
  const said = make('p', { role: 'status', class: 'hint' });
  const copy = make('button', { type: 'button' }, 'Copy key');
  copy.addEventListener('click', async () => {
    said.textContent = (await isCopied(key)) ? 'Copied.' : select(code);
  });
  const heading = make('p', { tabindex: '-1' }, make('strong', {}, 'Your API key. It is shown this once: save it now.'));
  place.replaceChildren(
    make('div', { class: 'secret' }, heading, code, make('p', { class: 'actions' }, copy), said),
  );
}

/**
 * @param {string} key
 */
async function isCopied(key) {
  try {
    await navigator.clipboard.writeText(key);
    return true;
  } catch {
    // No clipboard without HTTPS, or not permitted.
    return false;
  }
}

/**
 * @param {HTMLElement} code
 */
function select(code) {
  window.getSelection()?.selectAllChildren(code);
  return 'This browser does not let the page copy. The key is selected: copy it with Ctrl+C or ⌘C.';
}
