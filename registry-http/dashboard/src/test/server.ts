import type { Server } from '@/api/schema';

/** A server as the API shows it in lists. */
export function server(name: string, rest: Partial<Server> = {}): Server {
  return {
    id: `0192cccc-0000-7000-8000-${name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, '')
      .padStart(12, '0')
      .slice(-12)}`,
    name,
    slug: name.toLowerCase(),
    version: '1.0.0',
    endpointUrl: 'https://server.example/mcp',
    transportType: 'http',
    authType: 'none',
    ownerId: '0192aaaa-0000-7000-8000-000000000001',
    tenantId: '0192bbbb-0000-7000-8000-000000000001',
    isPublic: false,
    status: 'active',
    healthStatus: 'healthy',
    healthCheckFailures: 0,
    healthCheckInterval: 60,
    healthCheckRetries: 1,
    healthCheckTimeout: 5,
    autoHealthCheck: true,
    alertThreshold: 3,
    degradedAboveMs: 2000,
    dependsOn: [],
    tags: [],
    metadata: {},
    settings: {} as Server['settings'],
    schemaVersion: 1,
    revision: 1,
    createdAt: '2026-11-20T10:00:00Z',
    updatedAt: '2026-11-20T10:00:00Z',
    ...rest,
  };
}
