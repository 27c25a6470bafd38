import { api } from '@/api/client';

/** How much a key was used. */
export function useKeyUsage(id: string) {
  return api.useQuery('get', '/api/api-keys/{id}/usage', { params: { path: { id } } });
}
