import { api } from '@/api/client';
import type { RankedServer, ServerRanking } from '@/api/schema';

/** The figures are up to a minute old anyway. */
const FRESH_MS = 60_000;
const MOST = 100;

/** How the server was called in the last 24 hours: of the 100 that are called most. One request for all cards. */
export function useUsageOf(id: string): RankedServer | undefined {
  const { data } = api.useQuery(
    'get',
    '/api/analytics/servers',
    { params: { query: { sort: 'requests', limit: MOST } } },
    { staleTime: FRESH_MS, select: ({ servers }: ServerRanking) => servers.find(({ serverId }) => serverId === id) },
  );
  return data;
}
