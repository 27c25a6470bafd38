import { client, ifMatch } from '@/api/client';
import { ApiError, sentence } from '@/api/error';
import { invalidate, queryClient } from '@/api/query';
import type { Webhook, WebhookList } from '@/api/schema';
import { milliseconds } from '@/ui/format';
import { say, sayFailure } from '@/ui/Toast';

const LIST = ['get', '/api/webhooks'];

/** Switches a webhook on or off. It shows at once, and goes back if it was not done. */
export async function setEnabled(webhook: Webhook, enabled: boolean): Promise<void> {
  const kept = queryClient.getQueriesData<WebhookList>({ queryKey: LIST, exact: false });
  queryClient.setQueriesData<WebhookList>({ queryKey: LIST }, (list) => shown(list, webhook.id, enabled));
  try {
    const params = { path: { id: webhook.id }, header: ifMatch(webhook) };
    await client.PUT('/api/webhooks/{id}', { params, body: { enabled } });
    say(`${webhook.name} is switched ${enabled ? 'on' : 'off'}.`);
  } catch (error) {
    kept.forEach(([key, list]) => queryClient.setQueryData(key, list));
    sayFailure(error);
  }
  await invalidate('/api/webhooks');
}

/** Sends a message to try the webhook, and says what came of it. */
export async function test({ id, name }: Webhook): Promise<void> {
  try {
    const { data } = await client.POST('/api/webhooks/{id}/test', { params: { path: { id } } });
    if (data?.delivered) say(`${name} took the message in ${milliseconds(data.durationMs)}.`);
    else sayFailure(new ApiError(data?.status ?? 0, `${name} did not take the message. ${reason(data)}`));
  } catch (error) {
    sayFailure(error);
  }
}

/** Has a delivery that was given up sent again. */
export async function retry(webhook: string, delivery: string): Promise<void> {
  try {
    await client.POST('/api/webhooks/{id}/deliveries/{delivery}/retry', {
      params: { path: { id: webhook, delivery } },
    });
    say('It is sent again.');
  } catch (error) {
    sayFailure(error);
  }
  await invalidate('/api/webhooks');
}

function reason(result: { status?: number; error?: string } | undefined): string {
  if (result?.error) return sentence(result.error);
  return result?.status ? `It answered ${result.status}.` : 'There was no answer.';
}

function shown(list: WebhookList | undefined, id: string, enabled: boolean): WebhookList | undefined {
  return list && { webhooks: list.webhooks.map((one) => (one.id === id ? { ...one, enabled } : one)) };
}
