import { client } from '@/api/client';
import type { User } from '@/api/schema';

/** The user as it is now. */
export async function readUser(id: string): Promise<User | undefined> {
  return (await client.GET('/api/users/{id}', { params: { path: { id } } })).data;
}
