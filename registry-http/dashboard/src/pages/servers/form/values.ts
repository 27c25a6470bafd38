import type { Server } from '@/api/schema';
import type { ServerValues } from './schema';

/** Whose a new server is: `''` the user's tenant's, `GLOBAL` everybody's, else a tenant's id. */
export const GLOBAL = 'global';

const NO_CREDENTIALS: ServerValues['authConfig'] = {
  bearerToken: '',
  apiKey: '',
  apiKeyHeader: '',
  custom: [{ name: '', value: '' }],
  oauth: { clientId: '', clientSecret: '', scope: '', tokenUrl: '' },
};

/** What the form of a new server begins with: the service's own defaults. */
export const NEW_SERVER: ServerValues = {
  name: '',
  description: '',
  version: '1.0.0',
  category: '',
  tags: [],
  isPublic: false,
  tenantId: '',
  transportType: 'http',
  endpointUrl: '',
  launcher: '',
  authType: 'none',
  keepsCredentials: false,
  authConfig: NO_CREDENTIALS,
  settings: {
    timeoutMs: '30000',
    maxRetries: '2',
    backoffMs: '500',
    rateLimit: { rpm: '', burst: '' },
    toolChanges: 'accept',
  },
  autoHealthCheck: true,
  healthCheckInterval: '300',
  healthCheckTimeout: '10',
  healthCheckRetries: '0',
  alertThreshold: '3',
  degradedAboveMs: '5000',
  dependsOn: [],
  validateConnection: true,
};

const number = (value: number | undefined): string => (value === undefined ? '' : String(value));

/** What the form of a stored server begins with. Stored credentials are never shown: they stay unless others are typed. */
export function valuesOf(server: Server): ServerValues {
  const { settings, transportType } = server;
  const isLaunched = transportType === 'stdio';
  return {
    name: server.name,
    description: server.description ?? '',
    version: server.version,
    category: server.category ?? '',
    tags: server.tags,
    isPublic: server.isPublic,
    tenantId: '',
    transportType,
    endpointUrl: isLaunched ? '' : server.endpointUrl,
    launcher: isLaunched ? server.endpointUrl.replace(/^stdio:/, '') : '',
    authType: server.authType,
    keepsCredentials: server.authType !== 'none',
    authConfig: NO_CREDENTIALS,
    settings: {
      timeoutMs: number(settings.timeoutMs),
      maxRetries: number(settings.maxRetries),
      backoffMs: number(settings.backoffMs),
      rateLimit: { rpm: number(settings.rateLimit?.rpm), burst: number(settings.rateLimit?.burst) },
      toolChanges: settings.toolChanges,
    },
    autoHealthCheck: server.autoHealthCheck,
    healthCheckInterval: number(server.healthCheckInterval),
    healthCheckTimeout: number(server.healthCheckTimeout),
    healthCheckRetries: number(server.healthCheckRetries),
    alertThreshold: number(server.alertThreshold),
    degradedAboveMs: number(server.degradedAboveMs),
    dependsOn: server.dependsOn,
    validateConnection: true,
  };
}
