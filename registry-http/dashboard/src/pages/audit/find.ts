import { useQuery } from '@tanstack/react-query';
import { client } from '@/api/client';
import type { AuditEntry } from '@/api/schema';

const PAGE = 100;
/** So many entries are looked at, at most. */
const MOST_PAGES = 20;
/** What happened may be told up to so long after it began: a check of health with all its retries. */
const TOLD_AFTER_MS = 10 * 60_000;
const CLOCKS_DIFFER_MS = 60_000;

/** One entry of the log; `null` if it is not there. It never changes. `at` is when it happened, if that is known. */
export function useEntry(id: string, at: string | undefined, listed: AuditEntry | undefined) {
  const read = ({ signal }: { signal: AbortSignal }) => findEntry(id, at, signal);
  return useQuery({ queryKey: ['entry', id, at], queryFn: read, initialData: listed, staleTime: Infinity });
}

/** The log is read by time, so an entry is found by the time around it. */
async function findEntry(id: string, at: string | undefined, signal: AbortSignal): Promise<AuditEntry | null> {
  const time = around(id, at);
  for (let page = 1, pages = 1; page <= Math.min(pages, MOST_PAGES); page += 1) {
    const query = { ...time, page, limit: PAGE };
    const { data } = await client.GET('/api/audit-logs', { params: { query }, signal });
    const found = data?.entries.find((entry) => entry.id === id);
    if (found) return found;
    pages = data?.pagination.totalPages ?? 0;
  }
  return null;
}

/** The millisecond that the address tells; else about that in which the id was made, as ids of version 7 have it. */
function around(id: string, at: string | undefined): { from: string; to: string } {
  const range = (from: number, to: number) => ({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  if (at !== undefined) return range(Date.parse(at), Date.parse(at) + 1);
  const made = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
  return range(made - TOLD_AFTER_MS, made + CLOCKS_DIFFER_MS);
}
