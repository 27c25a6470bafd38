import type { Capability } from '@/api/schema';
import { Badge } from '@/ui/Badge';
import { bytes } from '@/ui/format';
import { Time } from '@/ui/Time';

/** A resource or a resource template, as the server describes it: all of it is text. */
export function CapabilityItem({ item }: { item: Capability }) {
  const { name, title, description, definition, changedAt } = item;
  const own = typeof definition['name'] === 'string' ? definition['name'] : undefined;
  const type = definition['mimeType'];
  const size = definition['size'];
  return (
    <li className="card flex flex-col gap-1 p-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="font-semibold">{title ?? own ?? name}</h3>
        <div className="flex items-center gap-2 text-sm text-quiet">
          {typeof type === 'string' && <Badge tone="quiet">{type}</Badge>}
          {typeof size === 'number' && bytes(size)}
        </div>
      </div>
      <p className="font-mono text-sm break-all text-quiet">{name}</p>
      {description && <p className="whitespace-pre-line">{description}</p>}
      <p className="text-sm text-quiet">
        Last changed <Time moment={changedAt} />
      </p>
    </li>
  );
}
