import type { AuditEntry } from '@/api/schema';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Code } from '@/ui/Code';
import { Dialog } from '@/ui/Dialog';
import { dateTime, words } from '@/ui/format';
import { Name } from '@/ui/Name';
import { Fact, Section } from '@/ui/Page';
import { programOf } from '@/ui/program';
import { EmptyState, ErrorState, Skeleton } from '@/ui/States';
import { Actor, Resource } from './About';
import { Diff } from './Diff';
import { differences, rest } from './diff';
import { useEntry } from './find';
import type { AuditSearch } from './search';
import { EVENTS, RESOURCES, RESULTS } from '@/ui/events';

interface EntryProps {
  entry: AuditEntry;
}

type OnPivot = (filter: Partial<AuditSearch>) => void;

interface DrawerProps {
  id: string;
  /** When it happened, if the address tells. */
  at: string | undefined;
  /** The entry, if it is on the page of the log. */
  listed: AuditEntry | undefined;
  onClose: () => void;
  onPivot: OnPivot;
}

/** All that the log has of one event, and the ways to what belongs to it. */
export function EntryDrawer({ id, at, listed, onClose, onPivot }: DrawerProps) {
  const { data: entry, error, refetch } = useEntry(id, at, listed);
  return (
    <Dialog title={entry ? EVENTS[entry.eventType] : 'Entry of the log'} isOpen onClose={onClose} size="drawer">
      {error ? (
        <ErrorState error={error} onRetry={refetch} />
      ) : entry === null ? (
        <EmptyState icon="audit" title="This entry is not in the log">
          The address may be cut off, or the entry is of a log that you may not read.
        </EmptyState>
      ) : entry ? (
        <Entry entry={entry} onPivot={onPivot} />
      ) : (
        <Skeleton lines={4} />
      )}
    </Dialog>
  );
}

function Entry({ entry, onPivot }: EntryProps & { onPivot: OnPivot }) {
  const changes = differences(entry.metadata);
  const more = rest(entry.metadata);
  return (
    <>
      <What entry={entry} />
      <Pivots entry={entry} onPivot={onPivot} />
      {changes.length > 0 && (
        <Section title="What changed">
          <Diff differences={changes} />
        </Section>
      )}
      {Object.keys(more).length > 0 && <Code label="Details" text={JSON.stringify(more, null, 2)} />}
      <Place entry={entry} />
    </>
  );
}

function What({ entry }: EntryProps) {
  const { timestamp, action, result, resourceType, apiKeyId, ipAddress, userAgent } = entry;
  return (
    <dl className="grid grid-cols-2 gap-4">
      <Fact name="When">
        <time dateTime={timestamp}>{dateTime(timestamp)}</time>
      </Fact>
      <Fact name="Result">
        <Badge tone={RESULTS[result].tone}>{RESULTS[result].word}</Badge>
      </Fact>
      <Fact name="By">
        <Actor entry={entry} />
      </Fact>
      <Fact name={RESOURCES[resourceType]}>
        <Resource entry={entry} />
      </Fact>
      <Fact name="Action">{words(action)}</Fact>
      {apiKeyId && (
        <Fact name="With the API key">
          <Name kind="api_key" id={apiKeyId} />
        </Fact>
      )}
      {ipAddress && (
        <Fact name="From">
          <span className="font-mono text-sm">{ipAddress}</span>
        </Fact>
      )}
      {userAgent && (
        <Fact name="Program, as it says itself">
          <span title={userAgent}>{programOf(userAgent)}</span>
        </Fact>
      )}
    </dl>
  );
}

function Pivots({ entry, onPivot }: EntryProps & { onPivot: OnPivot }) {
  const { requestId, actorId, resourceId, resourceType } = entry;
  return (
    <div className="flex flex-wrap gap-2">
      {requestId && (
        <Button size="small" onPress={() => onPivot({ requestId })}>
          All of this request
        </Button>
      )}
      {actorId && (
        <Button size="small" onPress={() => onPivot({ actorId })}>
          All by this user
        </Button>
      )}
      {resourceId && (
        <Button size="small" onPress={() => onPivot({ resourceType, resourceId })}>
          All about this {RESOURCES[resourceType].replace(/^[A-Z](?![A-Z])/, (letter) => letter.toLowerCase())}
        </Button>
      )}
    </div>
  );
}

function Place({ entry }: EntryProps) {
  const { id, seq, tenantId, requestId, resourceId, actorId, userAgent, hash, previousHash } = entry;
  const ids = {
    Entry: id,
    Request: requestId,
    User: actorId,
    Resource: resourceId,
    Hash: hash,
    'Hash before': previousHash,
  };
  return (
    <Section title="Place in the log">
      <dl className="flex flex-col gap-2">
        <Fact name="Number">
          {seq} in the chain of <Name kind="tenant" id={tenantId} />
        </Fact>
        {Object.entries(ids).map(
          ([name, value]) =>
            value && (
              <Fact key={name} name={name}>
                <code className="font-mono text-sm break-all">{value}</code>
              </Fact>
            ),
        )}
        {userAgent && (
          <Fact name="User agent">
            <span className="text-sm break-all">{userAgent}</span>
          </Fact>
        )}
      </dl>
    </Section>
  );
}
