import { ifMatch, client } from '@/api/client';
import { ApiError } from '@/api/error';
import { invalidate } from '@/api/query';
import type { CheckStatus, Server, ServerStatus } from '@/api/schema';
import { say, sayFailure } from '@/ui/Toast';
import { putBack, showAtOnce } from './cache';

const DONE: Record<'active' | 'inactive' | 'maintenance', string> = {
  active: 'is started',
  inactive: 'is stopped',
  maintenance: 'is in maintenance',
};

/** What a check found, after the server's name. */
export const FOUND: Record<CheckStatus, string> = {
  healthy: 'answers well',
  degraded: 'answers, but slowly or in part',
  unhealthy: 'answers wrongly',
  timeout: 'does not answer in time',
  error: 'cannot be reached',
  unknown: 'would not be asked',
};

/** The server as it is now. */
export async function readServer(id: string): Promise<Server | undefined> {
  return (await client.GET('/api/servers/{id}', { params: { path: { id } } })).data;
}

/** Starts, stops or pauses the server. It shows at once, and goes back if it was not done. */
export async function setStatus(server: Server, status: 'active' | 'inactive' | 'maintenance'): Promise<void> {
  const kept = showAtOnce(server.id, { status });
  try {
    await changeStatus(server.id, status, server);
    say(`${server.name} ${DONE[status]}.`);
  } catch (error) {
    putBack(kept);
    sayFailure(explained(error));
  }
  await invalidate('/api/servers', '/api/overview');
}

/** The change alone: of the server as it was seen, or of whatever it is now. */
export async function changeStatus(id: string, status: ServerStatus, seen?: Server): Promise<void> {
  const params = { path: { id }, ...(seen && { header: ifMatch(seen) }) };
  await client.PUT('/api/servers/{id}', { params, body: { status } });
}

/** Has the server's health checked; `deep`: with what it lists. */
export async function check(server: Pick<Server, 'id' | 'name'>, deep = false): Promise<void> {
  try {
    const params = { path: { id: server.id } };
    const { data } = await client.POST('/api/servers/{id}/health-check', { params, body: { deep } });
    if (data) say(`${server.name} ${FOUND[data.status]}.`);
  } catch (error) {
    sayFailure(error);
  }
  await invalidate('/api/servers', '/api/overview');
}

/** Removes the server as it was seen, or whatever it is now; `force`: although others need it. */
export async function remove(
  id: string,
  { seen, force = false }: { seen?: Server; force?: boolean } = {},
): Promise<void> {
  const params = { path: { id }, query: { force }, ...(seen && { header: ifMatch(seen) }) };
  await client.DELETE('/api/servers/{id}', { params });
}

function explained(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.status !== 412) return error;
  return new ApiError(412, 'Somebody else changed this server meanwhile. It is shown as it is now; try again.');
}
