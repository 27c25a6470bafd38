import type { Role } from '@/api/schema';

/** The roles as people call them. */
export const ROLES: Record<Role, string> = { admin: 'Administrator', server_owner: 'Server owner', user: 'User' };
