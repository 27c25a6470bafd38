import { api } from './client';
import type { Tenant } from './schema';

/** There are few tenants: the first hundred are offered. */
const TENANTS = { params: { query: { limit: 100 } } };

/** The tenants to choose from. For administrators. */
export function useTenants(): Tenant[] {
  return api.useQuery('get', '/api/tenants', TENANTS).data?.tenants ?? [];
}
