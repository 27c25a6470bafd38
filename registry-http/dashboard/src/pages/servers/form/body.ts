import { CLEARED } from '@/api/clear';
import type { AuthConfig, ServerRequest, SettingsRequest } from '@/api/schema';
import type { ServerValues } from './schema';
import { GLOBAL } from './values';

const whole = (text: string): number | undefined => (text === '' ? undefined : Number(text));

/** The object without what is undefined in it. */
function known<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** The request to register what was typed. */
export function registration(values: ServerValues): ServerRequest {
  const { tenantId } = values;
  const whose = tenantId === '' ? {} : { tenantId: tenantId === GLOBAL ? CLEARED : tenantId };
  return { ...described(values), ...whose };
}

/** The request to change a server to what was typed; `changed` are the names of the fields that differ. */
export function change(values: ServerValues, changed: ReadonlySet<string>): ServerRequest {
  const all = described(values);
  const isMeant = (name: string) =>
    changed.has(name) ||
    (name === 'endpointUrl' && (changed.has('launcher') || changed.has('transportType'))) ||
    (name === 'authConfig' && changed.has('keepsCredentials'));
  return Object.fromEntries(Object.entries(all).filter(([name]) => isMeant(name)));
}

function described(values: ServerValues): ServerRequest {
  const { transportType, launcher, validateConnection } = values;
  const isLaunched = transportType === 'stdio';
  const credentials = isLaunched ? undefined : authConfig(values);
  return {
    name: values.name,
    description: values.description || CLEARED,
    version: values.version,
    category: values.category || CLEARED,
    tags: values.tags,
    isPublic: values.isPublic,
    transportType,
    endpointUrl: isLaunched ? `stdio:${launcher}` : values.endpointUrl,
    authType: isLaunched ? 'none' : values.authType,
    ...(credentials && { authConfig: credentials }),
    settings: settings(values.settings),
    autoHealthCheck: values.autoHealthCheck,
    ...checks(values),
    dependsOn: values.dependsOn,
    ...(!validateConnection && { validateConnection }),
  };
}

function checks(values: ServerValues) {
  return known({
    healthCheckInterval: whole(values.healthCheckInterval),
    healthCheckTimeout: whole(values.healthCheckTimeout),
    healthCheckRetries: whole(values.healthCheckRetries),
    alertThreshold: whole(values.alertThreshold),
    degradedAboveMs: whole(values.degradedAboveMs),
  });
}

function settings({ rateLimit, toolChanges, ...bounds }: ServerValues['settings']): SettingsRequest {
  const rpm = whole(rateLimit.rpm);
  const burst = whole(rateLimit.burst);
  const numbers = known({
    timeoutMs: whole(bounds.timeoutMs),
    maxRetries: whole(bounds.maxRetries),
    backoffMs: whole(bounds.backoffMs),
  });
  const hasLimit = rpm !== undefined && burst !== undefined;
  return { ...numbers, toolChanges, rateLimit: hasLimit ? { rpm, burst } : CLEARED };
}

/** Absent if there are none, or the stored ones stay. */
function authConfig({ authType, keepsCredentials, authConfig: given }: ServerValues): AuthConfig | undefined {
  if (keepsCredentials) return undefined;
  const filled = <T extends Record<string, string>>(object: T) =>
    Object.fromEntries(Object.entries(object).filter(([, value]) => value !== '')) as Partial<T>;
  switch (authType) {
    case 'none':
      return undefined;
    case 'bearer':
      return { bearerToken: given.bearerToken };
    case 'api_key':
      return filled({ apiKey: given.apiKey, apiKeyHeader: given.apiKeyHeader });
    case 'custom':
      return { custom: Object.fromEntries(given.custom.map(({ name, value }) => [name, value])) };
    case 'oauth':
      return { oauth: filled(given.oauth) };
  }
}
