import * as z from 'zod';
import { CLEARED } from '@/api/clear';
import type { AlertType, CreateWebhook, Severity, UpdateWebhook, Webhook } from '@/api/schema';

/** Stands for every tenant, and alerts of none. */
export const EVERY_TENANT = 'every';

/** The form of a webhook. */
export const webhookSchema = z.object({
  name: z.string().trim().min(1, 'Give the webhook a name.').max(50, 'A name has at most 50 characters.'),
  url: z.string().trim().refine(isHttp, 'An address that begins with https:// (or http://).'),
  minSeverity: z.enum(['low', 'medium', 'high', 'critical']),
  alertTypes: z.array(z.enum(['health', 'performance', 'security', 'quota'])),
  /** Whose alerts: a tenant's id, or every tenant's. It never changes. */
  tenant: z.string(),
  enabled: z.boolean(),
});

export type WebhookForm = z.infer<typeof webhookSchema>;

/** What the form of a new webhook starts with. */
export function newWebhook(tenantId: string): WebhookForm {
  return { name: '', url: '', minSeverity: 'low', alertTypes: [], tenant: tenantId, enabled: true };
}

/** A webhook as its form has it. */
export function formOf({ name, url, minSeverity, alertTypes, tenantId, enabled }: Webhook): WebhookForm {
  return { name, url, minSeverity, alertTypes, tenant: tenantId ?? EVERY_TENANT, enabled };
}

/** The request that changes the webhook. */
export function changeRequest({ name, url, minSeverity, alertTypes, enabled }: WebhookForm): UpdateWebhook {
  return { name, url, minSeverity, alertTypes, enabled };
}

/** The request that makes the webhook. */
export function makeRequest({ tenant, ...form }: WebhookForm): CreateWebhook {
  return { ...changeRequest(form as WebhookForm), tenantId: tenant === EVERY_TENANT ? CLEARED : tenant };
}

/** Severities by name, least first. */
export const SEVERITIES: readonly { id: Severity; name: string }[] = [
  { id: 'low', name: 'Low and above: all alerts' },
  { id: 'medium', name: 'Medium and above' },
  { id: 'high', name: 'High and critical' },
  { id: 'critical', name: 'Critical alone' },
];

/** Types of alerts by name. */
export const ALERT_TYPES: readonly { id: AlertType; name: string; help: string }[] = [
  { id: 'health', name: 'Health', help: 'Something does not work' },
  { id: 'performance', name: 'Performance', help: 'Something is slow, or works in part' },
  { id: 'security', name: 'Security', help: 'Keys and refused credentials' },
  { id: 'quota', name: 'Limits', help: 'A limit is in the way' },
];

function isHttp(text: string): boolean {
  return /^https?:\/\/\S+$/i.test(text) && URL.canParse(text);
}
