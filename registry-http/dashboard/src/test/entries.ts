import type { AuditEntry } from '@/api/schema';

const CHANGE = {
  tenantId: '01a20380-c032-735c-abca-7b9cb9e913cd',
  eventType: 'server_updated',
  actorId: '01a20380-c03a-7227-8e1e-36696c307ebc',
  resourceType: 'server',
  action: 'update',
  result: 'success',
  ipAddress: '127.0.0.1',
  userAgent: 'Python-urllib/3.11',
} as const;

/** Two entries that a registry wrote one after the other, with the hashes that it made. The newer comes first. */
export const ENTRIES: readonly [AuditEntry, AuditEntry] = [
  {
    ...CHANGE,
    id: '01a20380-d2f7-7554-812f-c84494588927',
    seq: 37,
    resourceId: '01a20380-d1cb-7124-9b5d-554fd839f0e6',
    timestamp: '2026-11-22T13:45:03.991977Z',
    requestId: '01a20380-d2f7-7b72-b41c-ae7c696804af',
    metadata: {
      changed: {
        description: { after: 'Forecasts of the next days', before: 'For trying' },
        settings: {
          after: {
            backoff_ms: 500,
            cache_ttl_seconds: null,
            max_retries: 2,
            rate_limit: null,
            timeout_ms: 60000,
            tool_changes: 'accept',
          },
          before: {
            backoff_ms: 500,
            cache_ttl_seconds: null,
            max_retries: 2,
            rate_limit: null,
            timeout_ms: 30000,
            tool_changes: 'accept',
          },
        },
        tags: { after: ['prod', 'weather'], before: ['demo'] },
      },
    },
    previousHash: '9c4ad20e784f0de2b820c05566c16ec34902235fee852bfda28848d9d4d0fb22',
    hash: 'd4121811464357c125fe3fd3c1f2b6647a74a0edefc2ea7d04c3cb68959a3b5c',
  },
  {
    ...CHANGE,
    id: '01a20380-d2f2-77ce-a99f-8bf4950dba67',
    seq: 36,
    resourceId: '01a20380-d22b-718a-9bfa-ebb1e6126a03',
    timestamp: '2026-11-22T13:45:03.986343Z',
    requestId: '01a20380-d2f1-71b7-a6cc-48652af1a4a9',
    metadata: { changed: { status: { after: 'maintenance', before: 'active' } } },
    previousHash: 'a968163c36f2a45f66c82ae5af330d1e670389a518470442425cfee136acaf29',
    hash: '9c4ad20e784f0de2b820c05566c16ec34902235fee852bfda28848d9d4d0fb22',
  },
];
