// @ts-check
// Calls of the API.

/**
 * What the API says when it does not do as asked.
 */
export class ApiError extends Error {
  /**
   * @param {number} status 0 if there was no answer at all
   * @param {string} message
   * @param {Record<string, string>} details messages by field
   */
  constructor(status, message, details = {}) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/**
 * The JSON of the answer; null if it has none.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [content] becomes JSON
 * @returns {Promise<any>}
 * @throws {ApiError}
 */
export async function call(method, path, content) {
  const headers = new Headers({ accept: 'application/json' });
  if (content !== undefined) headers.set('content-type', 'application/json');
  const body = content === undefined ? null : JSON.stringify(content);
  const response = await fetch(path, { method, headers, body, cache: 'no-store' }).catch(() => {
    throw new ApiError(0, 'The service does not answer. Try again in a moment.');
  });
  const json = await response.json().catch(() => null);
  if (!response.ok) throw failure(response, json);
  return json;
}

/**
 * @param {Response} response
 * @param {any} json
 */
function failure(response, json) {
  if (response.status === 429) {
    const seconds = response.headers.get('retry-after') ?? '60';
    return new ApiError(429, `Too many requests. Try again in ${seconds} seconds.`);
  }
  const message = typeof json?.error === 'string' ? sentence(json.error) : `The service answered ${response.status}.`;
  return new ApiError(response.status, message, texts(json?.details));
}

/**
 * The details that are texts, by field.
 *
 * @param {unknown} details
 * @returns {Record<string, string>}
 */
function texts(details) {
  const entries = Object.entries(details ?? {});
  return Object.fromEntries(entries.filter(([, text]) => typeof text === 'string'));
}

/**
 * @param {string} text
 */
export function sentence(text) {
  const end = /[.!?]$/.test(text) ? '' : '.';
  return text.charAt(0).toUpperCase() + text.slice(1) + end;
}
