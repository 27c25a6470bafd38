import { keepPreviousData } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { api } from '@/api/client';
import { useMe } from '@/api/me';
import { may } from '@/api/session';
import { Page } from '@/ui/Page';
import { Search } from '@/ui/Search';
import { CheckAll } from './CheckAll';
import { Counts } from './Counts';
import { JobProgress } from './JobProgress';
import type { HealthSearch } from './search';
import { Tiles } from './Tiles';

/** Tiles of a page: each asks for its own last checks. */
const SHOWN = 12;
/** A check that changes nothing is no event, so what is shown is asked for again this often. */
const ANEW_MS = 30_000;

/** How all servers are, at a glance. */
export function HealthPage() {
  const me = useMe();
  const search = useSearch({ from: '/health' });
  const navigate = useNavigate({ from: '/health' });
  const change = useCallback(
    (next: Partial<HealthSearch>) => void navigate({ search: (before) => ({ ...before, ...next }) }),
    [navigate],
  );
  const find = useCallback((text: string) => change({ search: text || undefined, page: undefined }), [change]);
  const list = useTiles(search);
  return (
    <Page
      title="Health"
      actions={
        may(me, 'health:check') && (
          <CheckAll search={search} servers={list.data?.servers ?? []} onJob={(job) => change({ job })} />
        )
      }
    >
      <Counts selected={search.health} onSelect={(health) => change({ health, page: undefined })} />
      {search.job && <JobProgress key={search.job} id={search.job} onClose={() => change({ job: undefined })} />}
      <div role="search" aria-label="Servers">
        <Search label="Search name or description" value={search.search ?? ''} onSearch={find} />
      </div>
      <Tiles
        list={list}
        isFiltered={search.health !== undefined || search.search !== undefined}
        onPage={(page) => change({ page })}
      />
    </Page>
  );
}

function useTiles({ page, search, health }: HealthSearch) {
  const query = {
    page: page ?? 1,
    limit: SHOWN,
    sortBy: 'name' as const,
    sortOrder: 'asc' as const,
    ...(search && { search }),
    ...(health && { healthStatus: [health] }),
  };
  const options = { placeholderData: keepPreviousData, refetchInterval: ANEW_MS };
  return api.useQuery('get', '/api/servers', { params: { query } }, options);
}
