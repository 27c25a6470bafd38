import { defined } from '@/api/defined';
import type { operations } from '@/api/schema';
import type { AuditSearch } from './search';
import { EVENTS, known, RESOURCES } from '@/ui/events';

/** What the API takes to narrow the log. */
export type AuditFilter = Omit<NonNullable<operations['listAuditLog']['parameters']['query']>, 'page' | 'limit'>;

/** The filter of the address. What it does not say is left out. */
export function filterOf(search: AuditSearch): AuditFilter {
  const { actorId, resourceId, tenantId, requestId, from, to } = search;
  return defined({
    eventType: known(EVENTS, search.eventType),
    resourceType: known(RESOURCES, search.resourceType),
    actorId,
    resourceId,
    tenantId,
    requestId: requestId === '' ? undefined : requestId,
    from: from && new Date(from).toISOString(),
    to: to && new Date(to).toISOString(),
  });
}
