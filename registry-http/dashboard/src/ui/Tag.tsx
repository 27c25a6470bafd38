import { Badge } from './Badge';

/** A word that somebody gave to a server. A long one is cut where there is no room. */
export function Tag({ name }: { name: string }) {
  return (
    <Badge tone="quiet">
      <span className="truncate" title={name}>
        {name}
      </span>
    </Badge>
  );
}
