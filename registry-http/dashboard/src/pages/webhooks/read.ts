import { client } from '@/api/client';
import type { Webhook } from '@/api/schema';

/** The webhook as it is now. */
export async function readWebhook(id: string): Promise<Webhook | undefined> {
  return (await client.GET('/api/webhooks/{id}', { params: { path: { id } } })).data;
}
