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
 * @typedef {object} Request
 * @property {unknown} [body] becomes JSON
 * @property {string} [ifMatch] the ETag that a change was made from
 * @property {string} [csrfToken] the session's token, without which it changes nothing
 */

/**
 * An answer: its JSON (null if it has none) and its ETag.
 *
 * @typedef {{ json: any, etag: string }} Answer
 */

/**
 * @param {string} method
 * @param {string} path
 * @param {Request} [request]
 * @returns {Promise<Answer>}
 * @throws {ApiError}
 */
export async function call(method, path, request = {}) {
  const headers = new Headers({ accept: 'application/json' });
  if (request.ifMatch) headers.set('if-match', request.ifMatch);
  if (request.csrfToken) headers.set('x-csrf-token', request.csrfToken);
  if (request.body !== undefined) headers.set('content-type', 'application/json');
  const body = request.body === undefined ? null : JSON.stringify(request.body);
  const response = await fetch(path, { method, headers, body, cache: 'no-store' }).catch(() => {
    throw new ApiError(0, 'The service does not answer. Try again in a moment.');
  });
  const json = await response.json().catch(() => null);
  if (!response.ok) throw failure(response, json);
  return { json, etag: response.headers.get('etag') ?? '' };
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
