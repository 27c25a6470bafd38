import type { ApiError } from '@/api/error';

const ADVICE: Record<string, string> = {
  REFUSED_ADDRESS:
    'The registry does not connect to this address: it is private, or public without https. Use an https URL, or ask the operator to open it.',
  UNREACHABLE: 'Look at the name and the port, and whether the machine of the registry reaches it.',
  TIMEOUT: 'Look at the server, or raise the time-out of a check.',
  UNAUTHORIZED: 'Correct the authentication: the server refuses these credentials.',
  NOT_MCP: 'Correct the path or the transport. Many servers are at /mcp.',
  UPSTREAM_ERROR: 'Look at the server. If it redirects, take the final URL.',
  SLOW: 'Look at the server, or raise the time above which it counts as degraded.',
  UNSUPPORTED_TRANSPORT: 'No launcher has this name in the operator’s file.',
};

/** What to do about a code of a check; nothing for one that is not known here. */
export const adviceFor = (code: string): string => ADVICE[code] ?? '';

/** What to do about a connection that was refused. */
export const adviceOf = (error: ApiError): string => adviceFor(error.fields['reason'] ?? '');
