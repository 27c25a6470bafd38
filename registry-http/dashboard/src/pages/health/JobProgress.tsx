import { useEffect } from 'react';
import { Label } from 'react-aria-components/Label';
import { ProgressBar } from 'react-aria-components/ProgressBar';
import { api } from '@/api/client';
import { ApiError } from '@/api/error';
import { invalidate } from '@/api/query';
import type { HealthJob } from '@/api/schema';
import { checkWord } from '@/ui/beats';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { Name } from '@/ui/Name';
import { Problem } from '@/ui/Problem';

const ANEW_MS = 1_000;

/** How far the checks of many servers are. They go on when the page is closed, and are found again by the address. */
export function JobProgress({ id, onClose }: { id: string; onClose: () => void }) {
  const { data: job, error } = api.useQuery(
    'get',
    '/api/health-checks/{id}',
    { params: { path: { id } } },
    { refetchInterval: ({ state }) => (state.data?.state === 'running' ? ANEW_MS : false) },
  );
  const isOver = job !== undefined && job.state !== 'running';
  useEffect(() => {
    if (isOver) void invalidate('/api/servers', '/api/overview');
  }, [isOver]);
  return (
    <section aria-label="Checks" className="card flex flex-col gap-3 p-4">
      {job && <Progress job={job} />}
      <Problem error={error ? gone(error) : undefined} />
      {job && job.failures.length > 0 && <Failures job={job} />}
      {(isOver || error !== null) && (
        <Button size="small" className="self-end" onPress={onClose}>
          Close
        </Button>
      )}
    </section>
  );
}

function Progress({ job: { state, done, total, byStatus } }: { job: HealthJob }) {
  const words = {
    running: `Checking: ${done} of ${total} servers`,
    finished: `Checked ${total} servers`,
    stopped: `Stopped after ${done} of ${total} servers: the service was shut down. Check again.`,
  };
  const parts = [
    `${byStatus.healthy} healthy`,
    `${byStatus.degraded} degraded`,
    `${byStatus.unhealthy + byStatus.timeout + byStatus.error} failed`,
  ];
  return (
    <ProgressBar value={done} maxValue={Math.max(total, 1)} className="flex flex-col gap-1.5">
      {({ percentage }) => (
        <>
          <div className="flex flex-wrap justify-between gap-x-4">
            <Label className="font-medium">{words[state]}</Label>
            <span aria-live="polite" className="text-sm text-quiet">
              {state !== 'running' && parts.join(', ')}
            </span>
          </div>
          <div className="h-2 overflow-hidden rounded-full bg-sunken">
            <div
              className="h-full rounded-full bg-accent transition-[width]"
              style={{ width: `${percentage ?? 0}%` }}
            />
          </div>
        </>
      )}
    </ProgressBar>
  );
}

function Failures({ job: { failures } }: { job: HealthJob }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- who has no mouse scrolls it by its focus
    <div role="region" aria-label="Not well" tabIndex={0} className="max-h-40 overflow-auto rounded-lg text-sm">
      <ul className="flex flex-col gap-1">
        {failures.map(({ serverId, status, errorCode }) => (
          <li key={serverId} className="flex items-center gap-2">
            <Icon name="warning" className="size-4 text-danger" />
            <span>
              <Name kind="server" id={serverId} />: {status ? checkWord(status) : 'Removed meanwhile'}
              {errorCode && <code className="font-mono text-quiet"> {errorCode}</code>}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function gone(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.status !== 404) return error;
  return new ApiError(404, 'How these checks went is not known any more: that is kept for an hour.');
}
