import { keepPreviousData } from '@tanstack/react-query';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import { type Days, rangeOf } from '@/pages/servers/tabs/Period';

/** How much a key was used. */
export function useKeyUsage(id: string) {
  return api.useQuery('get', '/api/api-keys/{id}/usage', { params: { path: { id } } });
}

/** The same, with what the requests of the last days came to, part by part. */
export function useKeyTrend(id: string, days: Days) {
  const params = { path: { id }, query: rangeOf(days) };
  return kept(api.useQuery('get', '/api/api-keys/{id}/usage', { params }, { placeholderData: keepPreviousData }));
}
