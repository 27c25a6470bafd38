import { api } from '@/api/client';
import { kept } from '@/api/kept';
import { useMe } from '@/api/me';
import type { Me, Overview } from '@/api/schema';
import { may } from '@/api/session';
import { ButtonLink } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { Page } from '@/ui/Page';
import { ErrorState, Skeleton } from '@/ui/States';
import { Activities } from './Activities';
import { CallsChart } from './CallsChart';
import { Changes } from './Changes';
import { ExpiringKeys } from './ExpiringKeys';
import { FirstRun } from './FirstRun';
import { OwnTop } from './OwnTop';
import { Ranking } from './Ranking';
import { AlertsTile, CallsTile, KeysTile, ServersTile } from './Tiles';

/** Calls are no events: what they come to is asked for again after this long. */
const REFRESH_MS = 60_000;

/** How things are, at a glance. */
export function DashboardPage() {
  const me = useMe();
  const { data, error, refetch } = kept(api.useQuery('get', '/api/overview', {}, { refetchInterval: REFRESH_MS }));
  const add = may(me, 'server:write') && (data?.servers.total ?? 0) > 0 && (
    <ButtonLink kind="primary" to="/servers" search={{ add: true }}>
      <Icon name="plus" className="size-4" />
      Add server
    </ButtonLink>
  );
  return (
    <Page title="Dashboard" actions={add}>
      {error ? (
        <ErrorState error={error} onRetry={refetch} />
      ) : !data ? (
        <Skeleton lines={3} className="h-32" />
      ) : data.servers.total === 0 ? (
        <FirstRun mayAdd={may(me, 'server:write')} />
      ) : (
        <Glance me={me} overview={data} />
      )}
    </Page>
  );
}

function Glance({ me, overview }: { me: Me; overview: Overview }) {
  const { servers, usage, alerts, expiringKeys, recentChanges, busiest, slowest, comparedAt, recentActivity } =
    overview;
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2 xl:grid-cols-4">
        <ServersTile servers={servers} />
        <CallsTile usage={usage} />
        <AlertsTile alerts={alerts} />
        {expiringKeys && <KeysTile keys={expiringKeys} />}
      </div>
      <CallsChart />
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-5">
          <Changes changes={recentChanges} />
          {may(me, 'audit:read') && recentActivity && <Activities activities={recentActivity} />}
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          <OwnTop />
          <Ranking title="Busiest servers" servers={busiest} by="requests" comparedAt={comparedAt} />
          <Ranking title="Slowest servers" servers={slowest} by="p95" comparedAt={comparedAt} />
          {expiringKeys && <ExpiringKeys keys={expiringKeys} />}
        </div>
      </div>
    </>
  );
}
