import { Link } from '@tanstack/react-router';
import type { ExpiringKeys as Expiring } from '@/api/schema';
import { Badge } from '@/ui/Badge';
import { count } from '@/ui/format';
import { Time } from '@/ui/Time';
import { Panel, PANEL_LINK, PanelRow, Rows } from './Panel';

/** The keys that stop working first. */
export function ExpiringKeys({ keys: { keys, total } }: { keys: Expiring }) {
  const all = (
    <Link to="/keys" className={`text-sm ${PANEL_LINK}`}>
      All keys
    </Link>
  );
  return (
    <Panel title="Keys about to expire" all={all}>
      {keys.length === 0 ? (
        <p className="text-quiet">None of the keys expires soon.</p>
      ) : (
        <Rows>
          {keys.map(({ id, name, keyPrefix, expiresAt, autoRotate }) => (
            <PanelRow
              key={id}
              side={
                <span>
                  expires <Time moment={expiresAt} />
                </span>
              }
            >
              <Link to="/keys" search={{ key: id }} className={`font-medium ${PANEL_LINK}`}>
                {name}
              </Link>
              <code className="font-mono text-sm text-quiet">{keyPrefix}…</code>
              {autoRotate && <Badge tone="quiet">Rotated by itself</Badge>}
            </PanelRow>
          ))}
        </Rows>
      )}
      {total > keys.length && <p className="text-sm text-quiet">{count(total - keys.length)} more expire soon.</p>}
    </Panel>
  );
}
