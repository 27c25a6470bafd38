import type { z } from 'zod';
import type { ServerValues } from './schema';

type Context = z.RefinementCtx;

const SCHEMES = { http: ['http:', 'https:'], sse: ['http:', 'https:'], websocket: ['ws:', 'wss:'] } as const;
const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const say = (context: Context, path: (string | number)[], message: string) =>
  context.addIssue({ code: 'custom', path, message });

/** The URL has to be one of the transport. */
export function checkConnection({ transportType, endpointUrl, launcher }: ServerValues, context: Context): void {
  if (transportType === 'stdio') {
    if (!/^[A-Za-z0-9_-]+$/.test(launcher)) say(context, ['launcher'], 'Type the name of a launcher');
    return;
  }
  const problem = urlProblem(endpointUrl, SCHEMES[transportType]);
  if (problem) say(context, ['endpointUrl'], problem);
}

/** The credentials have to be complete, unless the stored ones stay. */
export function checkCredentials(values: ServerValues, context: Context): void {
  const { authType, keepsCredentials, authConfig, transportType } = values;
  if (keepsCredentials || transportType === 'stdio') return;
  const need = (path: string[], value: string, what: string) => {
    if (!value) say(context, ['authConfig', ...path], `Type the ${what}`);
    else if (!/^[\x20-\x7e]+$/.test(value)) say(context, ['authConfig', ...path], 'Only printable ASCII characters');
  };
  if (authType === 'bearer') need(['bearerToken'], authConfig.bearerToken, 'token');
  if (authType === 'api_key') {
    need(['apiKey'], authConfig.apiKey, 'key');
    const { apiKeyHeader: header } = authConfig;
    if (header && !HEADER.test(header)) say(context, ['authConfig', 'apiKeyHeader'], 'This is not a name of a header');
  }
  if (authType === 'custom') checkHeaders(authConfig.custom, context);
  if (authType === 'oauth') checkOauth(authConfig.oauth, context);
}

function checkHeaders(headers: ServerValues['authConfig']['custom'], context: Context) {
  const seen = new Set<string>();
  headers.forEach(({ name, value }, index) => {
    const path = ['authConfig', 'custom', index];
    if (!HEADER.test(name)) say(context, [...path, 'name'], 'Type the name of a header');
    else if (seen.has(name.toLowerCase())) say(context, [...path, 'name'], 'This header is there already');
    if (!value) say(context, [...path, 'value'], 'Type the value');
    seen.add(name.toLowerCase());
  });
}

function checkOauth(oauth: ServerValues['authConfig']['oauth'], context: Context) {
  const path = ['authConfig', 'oauth'];
  if (!oauth.clientId) say(context, [...path, 'clientId'], 'Type the client id');
  if (!oauth.clientSecret) say(context, [...path, 'clientSecret'], 'Type the client secret');
  const problem = oauth.tokenUrl && urlProblem(oauth.tokenUrl, SCHEMES.http);
  if (problem) say(context, [...path, 'tokenUrl'], problem);
}

/** A limit has both of its numbers, or none. */
export function checkLimit({ settings: { rateLimit } }: ServerValues, context: Context): void {
  const path = ['settings', 'rateLimit'];
  if (rateLimit.rpm && !rateLimit.burst) say(context, [...path, 'burst'], 'Type how many may come at once');
  if (!rateLimit.rpm && rateLimit.burst) say(context, [...path, 'rpm'], 'Type how many may come in a minute');
}

function urlProblem(text: string, schemes: readonly string[]): string | undefined {
  if (!text) return 'Type the URL';
  const url = URL.parse(text);
  if (!url || !schemes.includes(url.protocol) || !url.hostname) {
    return `This is not a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`;
  }
  if (url.username || url.password) return 'Leave the user name and password out; they belong into the credentials';
  return undefined;
}
