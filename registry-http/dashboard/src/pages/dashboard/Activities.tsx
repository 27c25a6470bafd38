import { Link } from '@tanstack/react-router';
import type { Activity } from '@/api/schema';
import { Badge } from '@/ui/Badge';
import { EVENTS, RESULTS } from '@/ui/events';
import { isNamed, Name } from '@/ui/Name';
import { Time } from '@/ui/Time';
import { Panel, PANEL_LINK, PanelRow, Rows } from './Panel';

/** What was done lately, for those who may read the log. */
export function Activities({ activities }: { activities: readonly Activity[] }) {
  const all = (
    <Link to="/audit" className={`text-sm ${PANEL_LINK}`}>
      The audit log
    </Link>
  );
  return (
    <Panel title="Recent activity" all={all}>
      <Rows>
        {activities.map((activity) => (
          <PanelRow key={activity.id} side={<Time moment={activity.timestamp} />}>
            <Link
              to="/audit"
              search={{ entry: activity.id, at: activity.timestamp }}
              className={`font-medium ${PANEL_LINK}`}
            >
              {EVENTS[activity.eventType]}
            </Link>
            <About activity={activity} />
            {activity.result !== 'success' && (
              <Badge tone={RESULTS[activity.result].tone}>{RESULTS[activity.result].word}</Badge>
            )}
          </PanelRow>
        ))}
      </Rows>
    </Panel>
  );
}

function About({ activity: { resourceType, resourceId, actorId } }: { activity: Activity }) {
  return (
    <span className="text-sm text-quiet">
      {resourceId && isNamed(resourceType) && <Name kind={resourceType} id={resourceId} />}
      {actorId && actorId !== resourceId && (
        <>
          {' '}
          by <Name kind="user" id={actorId} />
        </>
      )}
    </span>
  );
}
