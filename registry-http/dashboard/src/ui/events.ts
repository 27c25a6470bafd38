import type { AuditResult, EventType, ResourceType } from '@/api/schema';
import type { Tone } from './Badge';

/** The types of events as people read them, in the order in which they are offered. */
export const EVENTS: Record<EventType, string> = {
  server_registered: 'Server registered',
  server_updated: 'Server changed',
  server_deleted: 'Server removed',
  capabilities_listed: 'Tools, resources and prompts listed',
  capabilities_changed: 'Tools, resources or prompts changed',
  tool_approved: 'Tool approved',
  health_check_performed: 'Health checked',
  health_status_changed: 'Health changed',
  credentials_opened: 'Credentials of a server used',
  api_key_generated: 'API key made',
  api_key_updated: 'API key changed',
  api_key_rotated: 'API key rotated',
  api_key_claimed: 'Rotated API key fetched',
  api_key_revoked: 'API key revoked',
  alert_raised: 'Alert raised',
  alert_acknowledged: 'Alert acknowledged',
  alert_resolved: 'Alert resolved',
  webhook_created: 'Webhook made',
  webhook_updated: 'Webhook changed',
  webhook_deleted: 'Webhook removed',
  webhook_secret_rotated: 'Secret of a webhook rotated',
  webhook_delivery_retried: 'Delivery sent again',
  login: 'Signed in',
  logout: 'Signed out',
  sessions_ended: 'Sessions ended',
  password_changed: 'Password changed',
  preferences_updated: 'Preferences changed',
  user_created: 'User made',
  user_updated: 'User changed',
  user_deleted: 'User removed',
  tenant_created: 'Tenant made',
  tenant_updated: 'Tenant changed',
  tenant_deleted: 'Tenant removed',
  authentication_failed: 'Credential refused',
  rate_limit_exceeded: 'Limit exceeded',
};

/** What things happen to. */
export const RESOURCES: Record<ResourceType, string> = {
  server: 'Server',
  api_key: 'API key',
  user: 'User',
  tenant: 'Tenant',
  session: 'Session',
  alert: 'Alert',
  webhook: 'Webhook',
  address: 'Address',
};

/** What came of it. */
export const RESULTS: Record<AuditResult, { word: string; tone: Tone }> = {
  success: { word: 'Done', tone: 'good' },
  failure: { word: 'Failed', tone: 'danger' },
  unauthorized: { word: 'Refused', tone: 'warning' },
};

/** The word if it is one of these: an address may say anything. */
export function known<K extends string>(words: Record<K, unknown>, text: string | undefined): K | undefined {
  return text !== undefined && Object.hasOwn(words, text) ? (text as K) : undefined;
}
