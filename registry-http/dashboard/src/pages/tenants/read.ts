import { client } from '@/api/client';
import type { Tenant } from '@/api/schema';

/** The tenant as it is now. */
export async function readTenant(id: string | undefined): Promise<Tenant | undefined> {
  return id === undefined ? undefined : (await client.GET('/api/tenants/{id}', { params: { path: { id } } })).data;
}
