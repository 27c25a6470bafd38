import { z } from 'zod';
import { checkConnection, checkCredentials, checkLimit } from './rules';

const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*)?(\+[\dA-Za-z-]+(\.[\dA-Za-z-]+)*)?$/;

/** A whole number as it is typed; nothing typed leaves it as it is. */
function whole(min: number, max: number) {
  const problem = `Type a whole number from ${min.toLocaleString()} to ${max.toLocaleString()}`;
  const fits = (text: string) => text === '' || (/^\d+$/.test(text) && Number(text) >= min && Number(text) <= max);
  return z.string().trim().refine(fits, problem);
}

const text = (max: number) => z.string().trim().max(max, `At most ${max.toLocaleString()} characters`);

/** What a server may be called. */
export const nameSchema = text(100)
  .min(1, 'Give it a name')
  .regex(/^[A-Za-z0-9 _-]*$/, 'Only letters (A to Z), digits, spaces, - and _');

const tags = z
  .array(z.string().regex(/^[A-Za-z0-9_-]{1,50}$/, 'Tags are letters, digits, - and _, at most 50'))
  .max(10, 'At most 10 tags');

const authConfig = z.object({
  bearerToken: text(8192),
  apiKey: text(8192),
  apiKeyHeader: text(100),
  custom: z.array(z.object({ name: text(100), value: text(8192) })).max(20, 'At most 20 headers'),
  oauth: z.object({ clientId: text(2048), clientSecret: text(8192), scope: text(2048), tokenUrl: text(2048) }),
});

const settings = z.object({
  timeoutMs: whole(1_000, 300_000),
  maxRetries: whole(0, 10),
  backoffMs: whole(100, 60_000),
  rateLimit: z.object({ rpm: whole(1, 10_000), burst: whole(1, 1_000) }),
  toolChanges: z.enum(['accept', 'hold']),
});

/** A server as it is typed in. Names are those of the API, so that its answers find their fields. */
export const serverSchema = z
  .object({
    name: nameSchema,
    description: text(500),
    version: text(50).regex(SEMVER, 'A version is like 1.2.3'),
    category: text(50),
    tags,
    isPublic: z.boolean(),
    tenantId: z.string(),
    transportType: z.enum(['http', 'sse', 'websocket', 'stdio']),
    endpointUrl: text(2048),
    launcher: text(100),
    authType: z.enum(['none', 'bearer', 'api_key', 'custom', 'oauth']),
    keepsCredentials: z.boolean(),
    authConfig,
    settings,
    autoHealthCheck: z.boolean(),
    healthCheckInterval: whole(60, 3_600),
    healthCheckTimeout: whole(1, 30),
    healthCheckRetries: whole(0, 10),
    alertThreshold: whole(1, 100),
    degradedAboveMs: whole(1, 30_000),
    dependsOn: z.array(z.string()).max(20, 'At most 20 servers'),
    validateConnection: z.boolean(),
  })
  .superRefine((values, context) => {
    checkConnection(values, context);
    checkCredentials(values, context);
    checkLimit(values, context);
  });

/** What the fields of the form hold. */
export type ServerValues = z.infer<typeof serverSchema>;
