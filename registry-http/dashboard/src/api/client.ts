import createFetchClient, { type Middleware } from 'openapi-fetch';
import createQueryClient from 'openapi-react-query';
import { ApiError, failure, noAnswer } from './error';
import type { paths } from './schema';
import { csrfToken, sessionEnded } from './session';

const CHANGING = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Nothing more happens on a page that is being left. */
const NEVER = new Promise<never>(() => undefined);

const middleware: Middleware = {
  onRequest({ request }) {
    const token = csrfToken();
    if (token && CHANGING.has(request.method)) request.headers.set('x-csrf-token', token);
    return request;
  },
  async onResponse({ response, schemaPath }) {
    if (response.ok) return undefined;
    const error = await failure(response);
    if (error.status === 401 && !schemaPath.startsWith('/api/auth/') && sessionEnded() === 'left') return NEVER;
    throw error;
  },
  onError({ error }) {
    return error instanceof ApiError ? error : noAnswer();
  },
};

/** The API. A call that is no success throws an `ApiError`. */
export const client = createFetchClient<paths>({ baseUrl: window.location.origin, cache: 'no-store' });
client.use(middleware);

/** The API as queries and mutations of TanStack Query. Keys of queries are `[method, path, parameters]`. */
export const api = createQueryClient(client);

/** The condition that a change was made from this revision of the record (RFC 9110 section 13.1.1). */
export function ifMatch(record: { revision: number }): { 'If-Match': string } {
  return { 'If-Match': `"${record.revision}"` };
}
