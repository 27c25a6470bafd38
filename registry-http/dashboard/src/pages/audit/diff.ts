/** A field that a change changed. */
export interface Difference {
  field: string;
  /** Absent for what is not told, such as credentials. */
  before?: unknown;
  after?: unknown;
  isSecret?: boolean;
}

type Metadata = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Metadata =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** What the metadata of an entry says was changed; nothing, if it is no change. */
export function differences({ before, after, changed, from, to }: Metadata): Difference[] {
  if (isObject(changed)) return Object.entries(changed).map(([field, value]) => one(field, value));
  if (isObject(before) && isObject(after)) {
    const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return fields
      .filter((field) => !same(before[field], after[field]))
      .map((field) => ({ field, before: before[field], after: after[field] }));
  }
  return from !== undefined && to !== undefined ? [{ field: 'state', before: from, after: to }] : [];
}

/** What of the metadata the differences do not tell. */
export function rest(metadata: Metadata): Metadata {
  const told = differences(metadata).length > 0 ? ['before', 'after', 'changed', 'from', 'to'] : [];
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !told.includes(name)));
}

function one(field: string, value: unknown): Difference {
  return isObject(value) ? { field, before: value['before'], after: value['after'] } : { field, isSecret: true };
}

/** A value as text: what is plain stays plain. */
export function shown(value: unknown): string {
  if (value === undefined || value === null || value === '') return '–';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 1);
}
