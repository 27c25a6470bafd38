import { client } from '@/api/client';
import { messageOf } from '@/api/error';
import type { HealthJob, Server } from '@/api/schema';
import { changeStatus, FOUND, remove } from '../actions';

export type BulkAction = 'check' | 'start' | 'stop' | 'remove';

/** How far an action on many servers is. */
export interface Progress {
  action: BulkAction;
  total: number;
  done: number;
  failures: readonly { name: string; problem: string }[];
  isRunning: boolean;
}

type Tell = (progress: Progress) => void;

const POLL_MS = 600;
const AT_ONCE = 4;

/** Does `action` with each of the servers, and tells how far it is. */
export async function runBulk(action: BulkAction, servers: readonly Server[], tell: Tell): Promise<Progress> {
  const begun: Progress = { action, total: servers.length, done: 0, failures: [], isRunning: true };
  tell(begun);
  const ended = action === 'check' ? await checkAll(servers, begun, tell) : await eachOf(servers, begun, tell);
  const last = { ...ended, isRunning: false };
  tell(last);
  return last;
}

/** One by one, a few at once: what fails does not keep the others. */
async function eachOf(servers: readonly Server[], begun: Progress, tell: Tell): Promise<Progress> {
  let progress = begun;
  const waiting = [...servers];
  const work = async () => {
    for (let server = waiting.shift(); server; server = waiting.shift()) {
      const problem = await attempt(begun.action, server);
      const failures = problem ? [...progress.failures, { name: server.name, problem }] : progress.failures;
      progress = { ...progress, done: progress.done + 1, failures };
      tell(progress);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return progress;
}

/** Not from the revision that was seen: what was chosen may have been changed since, by the action before this one too. */
async function attempt(action: BulkAction, { id }: Server): Promise<string | undefined> {
  try {
    if (action === 'remove') await remove(id);
    else await changeStatus(id, action === 'start' ? 'active' : 'inactive');
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The service does it as a job of its own, which goes on when the page is closed. */
async function checkAll(servers: readonly Server[], begun: Progress, tell: Tell): Promise<Progress> {
  const names = new Map(servers.map(({ id, name }) => [id, name]));
  try {
    const { data } = await client.POST('/api/health-checks', {
      body: { servers: [...names.keys()], tags: [], deep: false },
    });
    let job = data;
    while (job?.state === 'running') {
      tell(progressOf(begun, job, names));
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      job = (await client.GET('/api/health-checks/{id}', { params: { path: { id: job.id } } })).data;
    }
    return job ? progressOf(begun, job, names) : begun;
  } catch (error) {
    return { ...begun, failures: [{ name: 'The checks', problem: messageOf(error) }] };
  }
}

function progressOf(begun: Progress, job: HealthJob, names: ReadonlyMap<string, string>): Progress {
  const failures = job.failures.map(({ serverId, status, errorCode }) => ({
    name: names.get(serverId) ?? serverId,
    problem: [status ? FOUND[status] : 'was removed meanwhile', errorCode && `(${errorCode})`]
      .filter(Boolean)
      .join(' '),
  }));
  return { ...begun, total: job.total, done: job.done, failures };
}
