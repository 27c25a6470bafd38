import type { ApiKey } from '@/api/schema';
import { dateTime } from '@/ui/format';
import { Name } from '@/ui/Name';
import { Fact } from '@/ui/Page';
import { KeyState } from '@/ui/Status';
import { Time } from '@/ui/Time';
import { scopeName } from './scopes';

/** What a key is and may do. */
export function KeyFacts({ apiKey: key }: { apiKey: ApiKey }) {
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-3">
      <Fact name="State">
        <KeyState status={key.status} />
      </Fact>
      <Fact name="Prefix">
        <code className="font-mono text-sm">{key.keyPrefix}…</code>
      </Fact>
      <Fact name="Server">{key.serverId ? <Name kind="server" id={key.serverId} /> : 'All'}</Fact>
      <Fact name="Acts as">
        <Name kind="user" id={key.ownerId} />
      </Fact>
      <Fact name="Made by">
        <Name kind="user" id={key.createdBy} />
      </Fact>
      <Fact name="Created">{dateTime(key.createdAt)}</Fact>
      <Times apiKey={key} />
      <Fact name="May do" isWide>
        {key.scopes.map(scopeName).join(', ')}
      </Fact>
      {key.tools && (
        <Fact name="Only these tools" isWide>
          <code className="font-mono text-sm">{key.tools.join(', ')}</code>
        </Fact>
      )}
    </dl>
  );
}

function Times({ apiKey: key }: { apiKey: ApiKey }) {
  const { days, auto } = key.rotation;
  return (
    <>
      <Fact name={key.status === 'revoked' ? 'Would have expired' : 'Expires'}>{dateTime(key.expiresAt)}</Fact>
      <Fact name="Rotation">
        every {days} days, {auto ? 'by itself' : 'by hand'}
      </Fact>
      <Fact name="Last rotated">
        <Time moment={key.lastRotatedAt} absent="never" />
        {key.rotationCount > 1 && ` (${key.rotationCount} times)`}
      </Fact>
      {key.previousKeyValidUntil && (
        <Fact name="The old secret stops">
          <Time moment={key.previousKeyValidUntil} />
        </Fact>
      )}
      {key.unclaimedUntil && (
        <Fact name="New secret waits until">
          <Time moment={key.unclaimedUntil} />
        </Fact>
      )}
      {key.revokedAt && <Fact name="Revoked">{dateTime(key.revokedAt)}</Fact>}
    </>
  );
}
