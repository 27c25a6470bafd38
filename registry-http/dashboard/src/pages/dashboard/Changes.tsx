import { Link } from '@tanstack/react-router';
import type { StatusChange } from '@/api/schema';
import { Name } from '@/ui/Name';
import { Health } from '@/ui/Status';
import { Time } from '@/ui/Time';
import { Panel, PANEL_LINK, PanelRow, Rows } from './Panel';

/** Which servers became better or worse lately. */
export function Changes({ changes }: { changes: readonly StatusChange[] }) {
  const all = (
    <Link to="/health" className={`text-sm ${PANEL_LINK}`}>
      All of health
    </Link>
  );
  return (
    <Panel title="Health changes" all={all}>
      {changes.length === 0 ? (
        <p className="text-quiet">No server changed its state in the last 24 hours.</p>
      ) : (
        <Rows>
          {changes.map(({ checkId, serverId, from, to, timestamp }) => (
            <PanelRow key={checkId} side={<Time moment={timestamp} />}>
              <Link to="/servers/$serverId" params={{ serverId }} className={`font-medium ${PANEL_LINK}`}>
                <Name kind="server" id={serverId} />
              </Link>
              <span className="inline-flex items-center gap-1.5">
                <Health status={from} />
                <span aria-hidden="true">→</span>
                <span className="sr-only">to</span>
                <Health status={to} />
              </span>
            </PanelRow>
          ))}
        </Rows>
      )}
    </Panel>
  );
}
