import { keepPreviousData } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '@/api/client';
import { useMe } from '@/api/me';
import type { Alert } from '@/api/schema';
import { Page } from '@/ui/Page';
import { AlertDrawer } from './AlertDrawer';
import { AlertFilters } from './AlertFilters';
import { AlertList } from './AlertList';
import { maySettle } from './rights';
import type { AlertSearch } from './search';
import { SettleBar } from './SettleBar';

/** What somebody should know of, until it is over. */
export function AlertsPage() {
  const me = useMe();
  const search = useSearch({ from: '/alerts' });
  const navigate = useNavigate({ from: '/alerts' });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const change = (next: Partial<AlertSearch>) => void navigate({ search: (before) => ({ ...before, ...next }) });
  const filter = (next: Partial<AlertSearch>) => {
    setChosen(new Set());
    change({ ...next, page: undefined });
  };
  const list = useAlerts(search);
  const mayChoose = (alert: Alert) => maySettle(me, alert);
  const alerts = (list.data?.alerts ?? []).filter(({ id }) => chosen.has(id)).filter(mayChoose);
  return (
    <Page title="Alerts">
      <AlertFilters search={search} onChange={filter} />
      {alerts.length > 0 && <SettleBar alerts={alerts} onDone={() => setChosen(new Set())} />}
      <AlertList
        list={list}
        selection={{ chosen, setChosen, mayChoose }}
        isFiltered={[search.status, search.severity, search.type, search.server].some(Boolean)}
        onPage={(page) => change({ page })}
      />
      {search.alert && <AlertDrawer id={search.alert} onClose={() => change({ alert: undefined })} />}
    </Page>
  );
}

function useAlerts({ page, status = 'open', severity, type, server }: AlertSearch) {
  const query = {
    page: page ?? 1,
    ...(status !== 'any' && { status }),
    ...(severity && { severity }),
    ...(type && { type }),
    ...(server && { serverId: server }),
  };
  return api.useQuery('get', '/api/alerts', { params: { query } }, { placeholderData: keepPreviousData });
}
