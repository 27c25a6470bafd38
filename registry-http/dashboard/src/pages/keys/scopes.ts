import type { Me, Scope } from '@/api/schema';
import type { Option } from '@/ui/Select';

const SCOPES: readonly Option<Scope>[] = [
  { id: 'server:read', name: 'See servers', help: 'Their state, health, tools, resources and prompts' },
  { id: 'mcp:invoke', name: 'Call servers', help: 'Through the gateway, as an MCP client does' },
  { id: 'server:write', name: 'Change servers', help: 'Register, change and remove them; settle alerts' },
  { id: 'health:check', name: 'Check health', help: 'Have servers checked now' },
  { id: 'keys:manage', name: 'Manage keys', help: 'Make, rotate and revoke keys like itself' },
  { id: 'audit:read', name: 'Read the audit log', help: 'And the metrics. Not with a key for one server.' },
  {
    id: 'users:manage',
    name: 'Manage users',
    help: 'And tenants, and one’s own account. Not with a key for one server.',
  },
];

/** What a key of `me` can be given: nothing that `me` lacks. */
export function scopesOf(me: Me): readonly Option<Scope>[] {
  return SCOPES.filter(({ id }) => me.scopes.includes(id));
}

/** A scope as people read it. */
export function scopeName(scope: Scope): string {
  return SCOPES.find(({ id }) => id === scope)?.name ?? scope;
}
