import type { LinkProps } from '@tanstack/react-router';
import type { Me } from '@/api/schema';
import { may } from '@/api/session';
import type { IconName } from '@/ui/Icon';

export interface Destination {
  name: string;
  to: NonNullable<LinkProps['to']>;
  icon: IconName;
}

interface Guarded extends Destination {
  mayGo?: (me: Me) => boolean;
}

const DESTINATIONS: readonly Guarded[] = [
  { name: 'Dashboard', to: '/', icon: 'dashboard' },
  { name: 'Servers', to: '/servers', icon: 'server' },
  { name: 'API keys', to: '/keys', icon: 'key', mayGo: (me) => may(me, 'keys:manage') },
  { name: 'Health', to: '/health', icon: 'health' },
  { name: 'Alerts', to: '/alerts', icon: 'alert' },
  { name: 'Webhooks', to: '/webhooks', icon: 'webhook', mayGo: (me) => me.role === 'admin' },
  { name: 'Audit log', to: '/audit', icon: 'audit', mayGo: (me) => may(me, 'audit:read') },
  { name: 'Users', to: '/users', icon: 'users', mayGo: (me) => may(me, 'users:manage') },
  { name: 'Tenants', to: '/tenants', icon: 'tenant', mayGo: (me) => me.role === 'admin' },
  { name: 'Settings', to: '/settings', icon: 'settings' },
];

/** Where `me` may go. */
export function destinations(me: Me): Destination[] {
  return DESTINATIONS.filter(({ mayGo }) => mayGo?.(me) ?? true);
}
