import type { Alert } from '@/api/schema';
import { count, dateTime } from '@/ui/format';
import { Name } from '@/ui/Name';
import { Fact } from '@/ui/Page';
import { AlertSeverity, AlertState } from '@/ui/Status';
import { Subject } from './Subject';
import { TYPES } from './words';

/** What an alert is about, since when, and who knows of it. */
export function AlertFacts({ alert }: { alert: Alert }) {
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-3">
      <Fact name="State">
        <AlertState status={alert.status} />
      </Fact>
      <Fact name="Severity">
        <AlertSeverity severity={alert.severity} />
      </Fact>
      <Fact name="Type">{TYPES[alert.type]}</Fact>
      <Fact name="About">
        <Subject alert={alert} />
      </Fact>
      <Fact name="Raised">{dateTime(alert.triggeredAt)}</Fact>
      <Fact name={alert.occurrences === 1 ? 'Happened once' : `Happened ${count(alert.occurrences)} times, last`}>
        {dateTime(alert.lastSeenAt)}
      </Fact>
      {alert.acknowledgedAt && <Settled name="Acknowledged" at={alert.acknowledgedAt} by={alert.acknowledgedBy} />}
      {alert.resolvedAt && <Settled name="Resolved" at={alert.resolvedAt} by={alert.resolvedBy} />}
    </dl>
  );
}

function Settled({ name, at, by }: { name: string; at: string; by: string | undefined }) {
  return (
    <Fact name={name}>
      {dateTime(at)} <span className="block text-sm text-quiet">{by ? <Name kind="user" id={by} /> : 'by itself'}</span>
    </Fact>
  );
}
