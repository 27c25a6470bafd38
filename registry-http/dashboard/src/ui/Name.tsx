import { useQuery } from '@tanstack/react-query';
import { client } from '@/api/client';
import { ApiError } from '@/api/error';

/** Names change seldom: one that is a little old does no harm, and many stand on one page. */
const FRESH_MS = 5 * 60_000;
const SHORT = 8;

const READERS = {
  server: async (id: string) => (await client.GET('/api/servers/{id}', { params: { path: { id } } })).data?.name,
  user: async (id: string) => (await client.GET('/api/users/{id}', { params: { path: { id } } })).data?.username,
  tenant: async (id: string) => (await client.GET('/api/tenants/{id}', { params: { path: { id } } })).data?.name,
  api_key: async (id: string) => (await client.GET('/api/api-keys/{id}', { params: { path: { id } } })).data?.name,
} as const;

/** What has a name that can be looked up. */
export type Named = keyof typeof READERS;

/** Whether there is a name to look up for this kind of thing. */
export function isNamed(kind: string): kind is Named {
  return kind in READERS;
}

/** The name of a record; `null` if it is gone or not to be seen, `undefined` as long as it is not known. */
export function useName(kind: Named, id: string): string | null | undefined {
  const read = async () => (await READERS[kind](id).catch(nothing)) ?? null;
  return useQuery({ queryKey: ['name', kind, id], queryFn: read, staleTime: FRESH_MS }).data;
}

/** The name of a record, or the end of its id if it is gone. */
export function Name({ kind, id }: { kind: Named; id: string }) {
  const name = useName(kind, id);
  if (name === undefined) return <span className="text-quiet">…</span>;
  return name === null ? <ShortId id={id} /> : <bdi title={id}>{name}</bdi>;
}

/** The end of an id, which is the part in which ids differ. */
export function ShortId({ id }: { id: string }) {
  return (
    <code title={id} className="font-mono text-sm text-quiet">
      …{id.slice(-SHORT)}
    </code>
  );
}

function nothing(error: unknown): null {
  if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return null;
  throw error;
}
