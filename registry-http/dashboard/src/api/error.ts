import type { Error as ErrorBody } from './schema';

/** What the API says when it does not do as asked. */
export class ApiError extends Error {
  /** 0 if there was no answer at all. */
  readonly status: number;
  /** The stable word of the API, such as `CONFLICT`; empty if there was no answer. */
  readonly code: string;
  /** Messages by the name of the field, such as `authConfig.token`. */
  readonly fields: Readonly<Record<string, string>>;
  /** By which the audit log and the server's log find the request. */
  readonly requestId: string | undefined;

  constructor(
    status: number,
    message: string,
    rest: { code?: string; fields?: Record<string, string>; requestId?: string | undefined } = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = rest.code ?? '';
    this.fields = rest.fields ?? {};
    this.requestId = rest.requestId;
  }
}

/** Reads an answer that is no success. */
export async function failure(response: Response): Promise<ApiError> {
  const requestId = response.headers.get('x-request-id') ?? undefined;
  const body = (await response.json().catch(() => null)) as Partial<ErrorBody> | null;
  if (response.status === 429) {
    const seconds = response.headers.get('retry-after') ?? '60';
    return new ApiError(429, `Too many requests. Try again in ${seconds} seconds.`, {
      code: 'RATE_LIMIT_EXCEEDED',
      requestId,
    });
  }
  const message = typeof body?.error === 'string' ? sentence(body.error) : `The service answered ${response.status}.`;
  return new ApiError(response.status, message, { code: body?.code ?? '', fields: texts(body?.details), requestId });
}

/** There was no answer. */
export function noAnswer(): ApiError {
  return new ApiError(0, 'The service does not answer. Check your connection, and try again in a moment.');
}

/** What to tell a person of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : 'Something went wrong on this page. Reload it, and try again.';
}

/** `text` with a capital letter and a full stop. */
export function sentence(text: string): string {
  const end = /[.!?]$/.test(text) ? '' : '.';
  return text.charAt(0).toUpperCase() + text.slice(1) + end;
}

function texts(details: unknown): Record<string, string> {
  const entries = Object.entries(details ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
