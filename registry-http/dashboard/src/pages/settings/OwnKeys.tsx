import { api } from '@/api/client';
import { kept } from '@/api/kept';
import type { ApiKey, Me } from '@/api/schema';
import { ButtonLink } from '@/ui/Button';
import { Section } from '@/ui/Page';
import { ErrorState, Skeleton } from '@/ui/States';
import { KeyState } from '@/ui/Status';
import { Time } from '@/ui/Time';

const SHOWN = 5;

/** The newest keys that act as oneself, and the way to all. */
export function OwnKeys({ me }: { me: Me }) {
  const query = { ownerUserId: me.id, limit: SHOWN };
  const { data, error, refetch } = kept(api.useQuery('get', '/api/api-keys', { params: { query } }));
  return (
    <Section
      title="API keys"
      actions={
        <ButtonLink to="/keys" size="small">
          All keys
        </ButtonLink>
      }
    >
      {error ? (
        <ErrorState error={error} onRetry={refetch} />
      ) : !data ? (
        <Skeleton lines={1} className="h-24" />
      ) : (
        <div className="card flex flex-col gap-3 p-4 sm:p-5">
          <p className="text-sm text-quiet">
            What programs and MCP clients use to act as you.
            {me.role === 'user' && ' An administrator, or the owner of a server, makes keys for you.'}
          </p>
          {data.apiKeys.length === 0 ? <p>You have no keys.</p> : <KeyList keys={data.apiKeys} />}
          {data.pagination.total > data.apiKeys.length && (
            <p className="text-sm text-quiet">
              {data.pagination.total - data.apiKeys.length} more are on the page of keys.
            </p>
          )}
        </div>
      )}
    </Section>
  );
}

function KeyList({ keys }: { keys: readonly ApiKey[] }) {
  return (
    <ul className="flex flex-col divide-y divide-line">
      {keys.map(({ id, name, keyPrefix, status, expiresAt }) => (
        <li key={id} className="flex flex-wrap items-center justify-between gap-x-3 py-2 first:pt-0 last:pb-0">
          <span className="min-w-0">
            <span className="font-medium">{name}</span>{' '}
            <code className="font-mono text-sm text-quiet">{keyPrefix}…</code>
          </span>
          <span className="flex items-center gap-2 text-sm text-quiet">
            {status === 'active' && (
              <>
                expires <Time moment={expiresAt} />
              </>
            )}
            <KeyState status={status} />
          </span>
        </li>
      ))}
    </ul>
  );
}
