import { keepPreviousData } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { ServerListSearch } from '../search';

/** Servers of a page, unless the address says otherwise. */
export const USUAL_SIZE = 50;

/** The request for the servers that the address is about. */
function listQuery({ page, size, search, status, health, tags, sort, order }: ServerListSearch) {
  return {
    page: page ?? 1,
    limit: size ?? USUAL_SIZE,
    sortBy: sort ?? ('name' as const),
    sortOrder: order ?? (sort === 'createdAt' || sort === 'updatedAt' ? ('desc' as const) : ('asc' as const)),
    ...(search && { search }),
    ...(status && { status }),
    ...(health && { healthStatus: [health] }),
    ...(tags && { tags }),
  };
}

/** The servers that the address is about. The last ones stay until others are there. */
export function useServers(search: ServerListSearch) {
  const query = listQuery(search);
  return api.useQuery('get', '/api/servers', { params: { query } }, { placeholderData: keepPreviousData });
}
