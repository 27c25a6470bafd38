// @ts-check
// Elements. Text becomes a text node and nothing else, wherever it came from: there is no way here to make markup of it.

/**
 * The element with this id, which the page has.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} called ${id}`);
  return found;
}

/**
 * A new element with these attributes and this content.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} content
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, attributes, ...content) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}

/**
 * Shows one of the page's sections and hides the others; its heading gets the focus, so that it is read out.
 *
 * @param {HTMLElement} section
 */
export function showOnly(section) {
  for (const other of section.parentElement?.children ?? []) {
    if (other instanceof HTMLElement && other.tagName === 'SECTION') other.hidden = other !== section;
  }
  section.querySelector('h1')?.focus();
}

/** A page that the browser kept for its Back button may show what somebody saw who has signed out since. */
export function neverFromHistory() {
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) window.location.reload();
  });
}
