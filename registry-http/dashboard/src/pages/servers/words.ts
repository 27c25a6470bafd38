import type { AuthType, Transport } from '@/api/schema';

/** Transports by name. */
export const TRANSPORTS: Record<Transport, string> = {
  http: 'Streamable HTTP',
  sse: 'HTTP with SSE',
  websocket: 'WebSocket',
  stdio: 'stdio',
};

/** Kinds of credentials by name. */
export const AUTH_TYPES: Record<AuthType, string> = {
  none: 'None',
  bearer: 'Bearer token',
  api_key: 'API key',
  custom: 'Custom headers',
  oauth: 'OAuth client credentials',
};
