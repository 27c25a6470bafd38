import type { Alert, ApiKey, ApiKeyUsage, ApiKeyUsageTrend, Server, UsageTally, Webhook } from '@/api/schema';
import { ME } from './api';

/** A key of the one who is signed in, for all servers. */
export function aKey(rest: Partial<ApiKey> = {}): ApiKey {
  return {
    id: '0192cccc-0000-7000-8000-000000000001',
    name: 'CI',
    keyPrefix: 'mcp_AbCd',
    scopes: ['server:read', 'mcp:invoke'],
    status: 'active',
    ownerId: ME.id,
    createdBy: ME.id,
    tenantId: ME.tenantId,
    rotation: { days: 90, auto: false },
    rotationCount: 0,
    revision: 4,
    createdAt: '2026-11-01T10:00:00Z',
    updatedAt: '2026-11-01T10:00:00Z',
    expiresAt: new Date(Date.now() + 30.5 * 86_400_000).toISOString(),
    lastUsedAt: new Date(Date.now() - 3.2 * 60_000).toISOString(),
    ...rest,
  };
}

/** How much a key was used: three minutes ago. */
export function aUsage(rest: Partial<ApiKeyUsage> = {}): ApiKeyUsage {
  return {
    requests: 40,
    errors: 2,
    errorsByKind: { client: 0, gateway: 0, limited: 0, timeout: 2, upstream: 0 },
    bytesIn: 2_048,
    bytesOut: 4_096,
    bytesTransferred: 6_144,
    lastUsed: new Date(Date.now() - 3.2 * 60_000).toISOString(),
    lastUsedIp: '10.0.0.7',
    responseTimes: { average: 14, p50: 12, p95: 30, p99: 90 },
    ...rest,
  };
}

/** How a key was used hour by hour: so often in each, of which one failed. */
export function aKeyTrend(requests: number[], callsServers = true): ApiKeyUsageTrend {
  const tally = (made: number): UsageTally => ({
    requests: made,
    errors: 1,
    errorsByKind: { client: 1, gateway: 0, limited: 0, timeout: 0, upstream: 0 },
    bytesIn: 0,
    bytesOut: 0,
    ...(callsServers && { responseTimes: { average: 14, p50: 12, p95: 30, p99: 90 } }),
  });
  const at = (hour: number) => new Date(Date.UTC(2026, 10, 22, 9 + hour)).toISOString();
  return {
    from: at(0),
    to: at(requests.length),
    resolution: 'hour',
    total: tally(requests.reduce((sum, made) => sum + made, 0)),
    points: requests.map((made, hour) => ({ from: at(hour), to: at(hour + 1), ...tally(made) })),
  };
}

/** A server that is well. */
export function aServer(rest: Partial<Server> = {}): Server {
  return {
    id: '0192dddd-0000-7000-8000-000000000001',
    name: 'Weather',
    slug: 'weather',
    version: '1.0.0',
    endpointUrl: 'https://weather.example/mcp',
    transportType: 'http',
    authType: 'none',
    status: 'active',
    healthStatus: 'healthy',
    autoHealthCheck: true,
    healthCheckFailures: 0,
    healthCheckInterval: 300,
    healthCheckRetries: 1,
    healthCheckTimeout: 10,
    alertThreshold: 3,
    degradedAboveMs: 5_000,
    isPublic: false,
    metadata: {},
    tags: [],
    dependsOn: [],
    settings: { timeoutMs: 30_000, maxRetries: 0, backoffMs: 500, toolChanges: 'accept' },
    ownerId: ME.id,
    tenantId: ME.tenantId,
    revision: 1,
    schemaVersion: 1,
    createdAt: '2026-11-01T10:00:00Z',
    updatedAt: '2026-11-01T10:00:00Z',
    ...rest,
  };
}

/** An open alert of a server. */
export function anAlert(rest: Partial<Alert> = {}): Alert {
  return {
    id: '0192eeee-0000-7000-8000-000000000001',
    type: 'health',
    cause: 'server_unhealthy',
    severity: 'high',
    status: 'open',
    message: 'Weather failed 3 checks in a row',
    occurrences: 3,
    subjectType: 'server',
    subjectId: '0192dddd-0000-7000-8000-000000000001',
    serverId: '0192dddd-0000-7000-8000-000000000001',
    tenantId: ME.tenantId,
    triggeredAt: '2026-11-22T09:00:00Z',
    lastSeenAt: '2026-11-22T09:30:00Z',
    ...rest,
  };
}

/** A webhook of one's own tenant. */
export function aWebhook(rest: Partial<Webhook> = {}): Webhook {
  return {
    id: '0192ffff-0000-7000-8000-000000000001',
    name: 'on call',
    url: 'https://hooks.example.com/mcp',
    enabled: true,
    minSeverity: 'low',
    alertTypes: [],
    tenantId: ME.tenantId,
    createdBy: ME.id,
    revision: 2,
    createdAt: '2026-11-01T10:00:00Z',
    updatedAt: '2026-11-01T10:00:00Z',
    ...rest,
  };
}
