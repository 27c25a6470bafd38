import type { AuditEntry } from '@/api/schema';

/** What a look at some entries of the chain came to. */
export interface ChainLook {
  entries: number;
  /** The numbers of entries whose hash is not the one of their content. */
  wrong: number[];
  /** How often an entry and the one before it were both there. */
  links: number;
  /** The numbers of entries that do not name the hash of the one before. */
  broken: number[];
}

/** Computes the hashes of the entries anew, and compares each with its neighbours (docs/security.md, "Verifying an export"). */
export async function look(entries: readonly AuditEntry[]): Promise<ChainLook> {
  const hashes = await Promise.all(entries.map(hashOf));
  const wrong = entries.filter((entry, index) => entry.hash !== hashes[index]).map(({ seq }) => seq);
  const byPlace = new Map(entries.map((entry) => [placeOf(entry.tenantId, entry.seq), entry]));
  const links = entries.flatMap((entry) => {
    const before = byPlace.get(placeOf(entry.tenantId, entry.seq - 1));
    return before ? [{ seq: entry.seq, isGood: entry.previousHash === before.hash }] : [];
  });
  const broken = links.filter(({ isGood }) => !isGood).map(({ seq }) => seq);
  return { entries: entries.length, wrong, links: links.length, broken };
}

const placeOf = (tenantId: string, seq: number) => `${tenantId} ${seq}`;

/** The hash that belongs to what an entry says: SHA-256 of the canonical JSON (RFC 8785), in hexadecimal. */
async function hashOf(entry: AuditEntry): Promise<string> {
  const { seq, previousHash, ...event } = entry;
  const text = canonical({ event: { ...event, hash: undefined }, previousHash, seq });
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** `JSON.stringify` writes strings and whole numbers as RFC 8785 does; what is left is the order of the names. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`;
}
