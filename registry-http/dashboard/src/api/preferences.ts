import { useMutation, useQuery } from '@tanstack/react-query';
import { sayFailure } from '@/ui/Toast';
import { api, client } from './client';
import { useMe } from './me';
import { changed } from './order';
import { invalidate, queryClient } from './query';
import type { PreferenceList, PreferenceRequest, Server } from './schema';

const PATH = '/api/users/preferences/servers';
/** As many as one may have preferences for. */
const MOST_SERVERS = 1_000;
const PAGE = 100;

const preferencesQuery = api.queryOptions('get', PATH);

/** One's own preferences. */
export function usePreferences() {
  return useQuery(preferencesQuery);
}

/** All servers that one sees, those too that one hides, up to as many as one may have preferences for. */
export function useAllServers() {
  return useQuery({ queryKey: ['get', '/api/servers', 'all'], queryFn: ({ signal }) => readAll(signal) });
}

/** Changes preferences. The page shows it at once, and takes it back if the API does not do it. */
export function useChangePreferences() {
  const me = useMe();
  return useMutation({
    mutationKey: [PATH],
    // One after the other: each begins with what the one before made.
    scope: { id: PATH },
    mutationFn: (preferences: PreferenceRequest[]) => client.POST(`${PATH}/bulk`, { body: { preferences } }),
    onMutate: async (changes) => {
      await queryClient.cancelQueries({ queryKey: preferencesQuery.queryKey });
      const before = queryClient.getQueryData<PreferenceList>(preferencesQuery.queryKey);
      queryClient.setQueryData<PreferenceList>(preferencesQuery.queryKey, {
        preferences: changed(before?.preferences ?? [], changes, me.id),
      });
      return { before };
    },
    onError: (error, _changes, context) => {
      queryClient.setQueryData(preferencesQuery.queryKey, context?.before);
      sayFailure(error);
    },
    onSettled: (_data, _error, changes) => {
      const isLast = queryClient.isMutating({ mutationKey: [PATH] }) === 1;
      const hides = changes.some(({ isEnabled }) => isEnabled !== undefined);
      return isLast ? invalidate(PATH, ...(hides ? ['/api/servers', '/api/tools', '/api/overview'] : [])) : undefined;
    },
  });
}

async function readAll(signal: AbortSignal): Promise<Server[]> {
  const servers: Server[] = [];
  for (let page = 1; servers.length < MOST_SERVERS; page += 1) {
    const query = { page, limit: PAGE, includeHidden: true, sortBy: 'name' as const, sortOrder: 'asc' as const };
    const { data } = await client.GET('/api/servers', { params: { query }, signal });
    servers.push(...(data?.servers ?? []));
    if (page >= (data?.pagination.totalPages ?? 0)) break;
  }
  return servers;
}
