import type { Me } from '@/api/schema';

/** A request that the page made. */
export interface Call {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Headers;
  /** The JSON of the body. */
  body: unknown;
  /** Aborted when the page gives the request up. */
  signal: AbortSignal;
}

type Answer = Response | object | null;
type Answerer = (call: Call) => Answer | Promise<Answer>;
/** By `METHOD /path`: the JSON to answer, `null` for 204, or what makes either of the request. */
export type Answers = Record<string, Answer | Answerer>;

let answers: Answers = {};
let calls: Call[] = [];

/** Who is signed in, unless a test says otherwise. */
export const ME: Me = {
  id: '0192aaaa-0000-7000-8000-000000000001',
  tenantId: '0192bbbb-0000-7000-8000-000000000001',
  username: 'olivia',
  displayName: 'Olivia Oak',
  email: 'olivia@acme.example',
  role: 'admin',
  disabled: false,
  identities: [],
  scopes: ['server:read', 'server:write', 'health:check', 'mcp:invoke', 'keys:manage', 'audit:read', 'users:manage'],
  csrfToken: 'csrf',
  revision: 3,
  createdAt: '2026-11-01T10:00:00Z',
  updatedAt: '2026-11-01T10:00:00Z',
};

/** Has the API answer so until the end of the test; the list of the requests that are made. */
export function mockApi(given: Answers): Call[] {
  answers = { 'GET /api/users/me': ME, ...given };
  calls = [];
  return calls;
}

/** The pagination of a list that has one page. */
export function onePage(total: number) {
  return { page: 1, limit: 20, total, totalPages: total > 0 ? 1 : 0 };
}

/** What the API answers when it does not do as asked. */
export function refusal(status: number, code: string, error: string, details?: object): Response {
  return Response.json({ error, code, timestamp: '2026-11-22T10:00:00Z', ...(details && { details }) }, { status });
}

/** Stands in for the network: an answer that no test gave fails the test by its name. */
export async function fetchMock(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const call = await read(new Request(input, init));
  calls.push(call);
  const given = answers[`${call.method} ${call.path}`];
  if (given === undefined) return refusal(404, 'NOT_FOUND', `no answer for ${call.method} ${call.path}`);
  const answer = typeof given === 'function' ? await (given as Answerer)(call) : given;
  if (answer instanceof Response) return answer.clone();
  return answer === null ? new Response(null, { status: 204 }) : Response.json(answer);
}

async function read(request: Request): Promise<Call> {
  const { pathname, searchParams } = new URL(request.url);
  const text = await request.text();
  return {
    method: request.method,
    path: pathname,
    query: searchParams,
    headers: request.headers,
    signal: request.signal,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}
