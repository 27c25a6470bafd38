import { client } from '@/api/client';
import type { AuditEntry } from '@/api/schema';
import type { AuditFilter } from './query';

const PAGE = 100;
/** As many as an export has at most: what is to be kept longer than that is a matter of the store's backup. */
export const MOST_EXPORTED = 20_000;

export interface Collected {
  entries: AuditEntry[];
  /** How many there are in all. */
  total: number;
}

/**
 * All entries of the filter, newest first, up to the bound. What is written meanwhile moves the others to later pages, so
 * some come twice, and none is missed: each is kept once.
 */
export async function collect(
  filter: AuditFilter,
  onProgress: (part: Collected) => void,
  signal: AbortSignal,
): Promise<Collected> {
  const entries = new Map<string, AuditEntry>();
  let [total, pages] = [0, 1];
  for (let page = 1; page <= pages && entries.size < MOST_EXPORTED; page += 1) {
    const { data } = await client.GET('/api/audit-logs', {
      params: { query: { ...filter, page, limit: PAGE } },
      signal,
    });
    if (!data) break;
    data.entries.forEach((entry) => entries.set(entry.id, entry));
    ({ total, totalPages: pages } = data.pagination);
    onProgress({ entries: [...entries.values()], total });
  }
  return { entries: [...entries.values()].slice(0, MOST_EXPORTED), total };
}
