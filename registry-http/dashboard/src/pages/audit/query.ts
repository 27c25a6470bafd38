import type { operations } from '@/api/schema';
import type { AuditSearch } from './search';
import { EVENTS, known, RESOURCES } from './words';

/** What the API takes to narrow the log. */
export type AuditFilter = Omit<NonNullable<operations['listAuditLog']['parameters']['query']>, 'page' | 'limit'>;

/** The filter of the address. What it does not say is left out. */
export function filterOf(search: AuditSearch): AuditFilter {
  const { actorId, resourceId, tenantId, requestId, from, to } = search;
  const eventType = known(EVENTS, search.eventType);
  const resourceType = known(RESOURCES, search.resourceType);
  return {
    ...(eventType && { eventType }),
    ...(resourceType && { resourceType }),
    ...(actorId && { actorId }),
    ...(resourceId && { resourceId }),
    ...(tenantId && { tenantId }),
    ...(requestId && { requestId }),
    ...(from && { from: new Date(from).toISOString() }),
    ...(to && { to: new Date(to).toISOString() }),
  };
}
