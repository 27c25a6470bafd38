import type { QueryKey } from '@tanstack/react-query';
import { queryClient } from '@/api/query';
import type { Server, ServerList } from '@/api/schema';

const LIST = '/api/servers';
const ONE = '/api/servers/{id}';

type Kept = [QueryKey, unknown][];

/** Shows `change` of the server at once, wherever it is shown. What it answers puts everything back as it was. */
export function showAtOnce(id: string, change: Partial<Server>): Kept {
  const filter = { predicate: ({ queryKey }: { queryKey: QueryKey }) => queryKey[1] === LIST || queryKey[1] === ONE };
  const kept = queryClient.getQueriesData(filter);
  for (const [key, data] of kept) {
    if (key[1] === LIST) queryClient.setQueryData(key, inList(data as ServerList | undefined, id, change));
    else queryClient.setQueryData(key, changed(data as Server | undefined, id, change));
  }
  return kept;
}

/** Shows what was shown before. */
export function putBack(kept: Kept): void {
  kept.forEach(([key, data]) => queryClient.setQueryData(key, data));
}

function inList(list: ServerList | undefined, id: string, change: Partial<Server>) {
  return list && { ...list, servers: list.servers.map((server) => changed(server, id, change)) };
}

function changed<S extends Server | undefined>(server: S, id: string, change: Partial<Server>): S {
  return server?.id === id ? { ...server, ...change } : server;
}
