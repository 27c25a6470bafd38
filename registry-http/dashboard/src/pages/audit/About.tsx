import type { AuditEntry } from '@/api/schema';
import { isNamed, Name, ShortId } from '@/ui/Name';

/** Who did it. */
export function Actor({ entry: { actorId } }: { entry: AuditEntry }) {
  return actorId ? <Name kind="user" id={actorId} /> : <span className="text-quiet">The service</span>;
}

/** What it happened to: as the entry calls it, or as it is called now. */
export function Resource({ entry }: { entry: AuditEntry }) {
  const { resourceType, resourceId, metadata, ipAddress } = entry;
  const kept = metadata['name'] ?? metadata['username'];
  if (typeof kept === 'string') return <span title={resourceId}>{kept}</span>;
  if (resourceType === 'address') return <span>{ipAddress ?? 'Unknown'}</span>;
  if (!resourceId) return <span className="text-quiet">–</span>;
  return isNamed(resourceType) ? <Name kind={resourceType} id={resourceId} /> : <ShortId id={resourceId} />;
}
