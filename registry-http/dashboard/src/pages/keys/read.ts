import { client } from '@/api/client';
import type { ApiKey } from '@/api/schema';

/** The key as it is now. */
export async function readKey(id: string): Promise<ApiKey | undefined> {
  return (await client.GET('/api/api-keys/{id}', { params: { path: { id } } })).data;
}
