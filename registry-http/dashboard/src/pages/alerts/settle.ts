import { client } from '@/api/client';
import { ApiError, messageOf, sentence } from '@/api/error';
import { invalidate } from '@/api/query';
import type { Alert, RefusedAlert } from '@/api/schema';
import { say, sayFailure } from '@/ui/Toast';

export type Settling = 'acknowledge' | 'resolve';

const DONE: Record<Settling, string> = { acknowledge: 'acknowledged', resolve: 'resolved' };

/** What became of some alerts. */
interface Outcome {
  done: number;
  problems: unknown[];
}

/** Acknowledges or resolves alerts, and says what came of it. */
export async function settle(what: Settling, alerts: readonly Alert[]): Promise<void> {
  try {
    const { done, problems } = what === 'acknowledge' ? await acknowledge(alerts) : await resolve(alerts);
    if (done > 0) say(done === 1 ? `The alert is ${DONE[what]}.` : `${done} alerts are ${DONE[what]}.`);
    different(problems).forEach(sayFailure);
  } catch (error) {
    sayFailure(error);
  }
  await invalidate('/api/alerts', '/api/overview');
}

async function acknowledge(alerts: readonly Alert[]): Promise<Outcome> {
  const { data } = await client.POST('/api/alerts/acknowledge', { body: { ids: alerts.map(({ id }) => id) } });
  return { done: data?.acknowledged.length ?? 0, problems: (data?.refused ?? []).map(refusal) };
}

/** One by one, as the API has it: what fails does not keep the others. */
async function resolve(alerts: readonly Alert[]): Promise<Outcome> {
  const outcome: Outcome = { done: 0, problems: [] };
  for (const { id } of alerts) {
    try {
      await client.POST('/api/alerts/{id}/resolve', { params: { path: { id } } });
      outcome.done += 1;
    } catch (error) {
      outcome.problems.push(error);
    }
  }
  return outcome;
}

function refusal({ code, message }: RefusedAlert): ApiError {
  return new ApiError(409, sentence(message), { code });
}

/** Each problem once, however many alerts have it. */
function different(problems: readonly unknown[]): unknown[] {
  return [...new Map(problems.map((problem) => [messageOf(problem), problem])).values()];
}
