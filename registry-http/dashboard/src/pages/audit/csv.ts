import type { AuditEntry } from '@/api/schema';

const COLUMNS = [
  'timestamp',
  'eventType',
  'action',
  'result',
  'actorId',
  'apiKeyId',
  'resourceType',
  'resourceId',
  'tenantId',
  'ipAddress',
  'userAgent',
  'requestId',
  'metadata',
  'seq',
  'id',
  'previousHash',
  'hash',
] as const satisfies readonly (keyof AuditEntry)[];

/** The entries as a table (RFC 4180), with the names of the columns first. */
export function csv(entries: readonly AuditEntry[]): string {
  const rows = entries.map((entry) => COLUMNS.map((column) => text(entry[column])));
  return [COLUMNS, ...rows].map((row) => row.map(cell).join(',') + '\r\n').join('');
}

/** The entries one on a line, as the API has them. */
export function ndjson(entries: readonly AuditEntry[]): string {
  return entries.map((entry) => JSON.stringify(entry) + '\n').join('');
}

function text(value: AuditEntry[keyof AuditEntry]): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Spreadsheets run what begins like a formula, and others choose what is in a user agent: an apostrophe makes it text. */
export function cell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
