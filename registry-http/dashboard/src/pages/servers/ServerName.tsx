import { api } from '@/api/client';

/** The name of a server that is known by its id; the id itself if it is not to be seen. */
export function ServerName({ id }: { id: string }) {
  const { data, isPending } = api.useQuery('get', '/api/servers/{id}', { params: { path: { id } } });
  if (isPending) return <span className="text-quiet">…</span>;
  return data ? <span>{data.name}</span> : <span className="font-mono text-sm">{id}</span>;
}
