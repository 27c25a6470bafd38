import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import { useMe } from '@/api/me';
import type { Alert } from '@/api/schema';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { ErrorState, Skeleton } from '@/ui/States';
import { AlertFacts } from './AlertFacts';
import { maySettle } from './rights';
import { type Settling, settle } from './settle';
import { causeWords, messageWords } from './words';

/** All that is known of an alert, and what to do about it. */
export function AlertDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { data: alert, error, refetch } = kept(api.useQuery('get', '/api/alerts/{id}', { params: { path: { id } } }));
  return (
    <Dialog title={alert ? causeWords(alert.cause).title : 'Alert'} isOpen onClose={onClose} size="drawer">
      {error ? <ErrorState error={error} onRetry={refetch} /> : !alert ? <Skeleton lines={4} /> : null}
      {alert && (
        <>
          <p>{messageWords(alert.message)}</p>
          <section aria-label="What to do" className="rounded-lg bg-accent-soft px-3 py-2">
            {causeWords(alert.cause).advice}
          </section>
          <AlertFacts alert={alert} />
          {alert.serverId && <ServerLinks serverId={alert.serverId} />}
          <Settle alert={alert} />
        </>
      )}
    </Dialog>
  );
}

function ServerLinks({ serverId }: { serverId: string }) {
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1">
      <Link to="/servers/$serverId" params={{ serverId }} className="underline underline-offset-2 hover:text-accent">
        To the server
      </Link>
      <Link
        to="/servers/$serverId"
        params={{ serverId }}
        search={{ tab: 'health' }}
        className="underline underline-offset-2 hover:text-accent"
      >
        Its health
      </Link>
      <Link
        to="/alerts"
        search={{ server: serverId, status: 'any' }}
        className="underline underline-offset-2 hover:text-accent"
      >
        All its alerts
      </Link>
    </p>
  );
}

function Settle({ alert }: { alert: Alert }) {
  const me = useMe();
  const [doing, setDoing] = useState<Settling>();
  if (!maySettle(me, alert)) return null;
  const run = async (what: Settling) => {
    setDoing(what);
    await settle(what, [alert]);
    setDoing(undefined);
  };
  return (
    <div className="flex flex-wrap gap-2">
      {alert.status === 'open' && (
        <Button kind="primary" isPending={doing === 'acknowledge'} onPress={() => run('acknowledge')}>
          Acknowledge
        </Button>
      )}
      <Button isPending={doing === 'resolve'} onPress={() => run('resolve')}>
        Resolve
      </Button>
    </div>
  );
}
