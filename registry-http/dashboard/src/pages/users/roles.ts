import type { Role } from '@/api/schema';
import type { Option } from '@/ui/Select';

/** The roles to choose from, and what each may do. */
export const ROLE_OPTIONS: readonly Option<Role>[] = [
  { id: 'user', name: 'User', help: 'Sees and calls the active servers of its tenant, and public ones' },
  { id: 'server_owner', name: 'Server owner', help: 'Registers servers too, and looks after its own and their keys' },
  { id: 'admin', name: 'Administrator', help: 'Sees and changes everything, of every tenant' },
];
