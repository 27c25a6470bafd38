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
  if (isObject(changed)) return Object.entries(changed).flatMap(([field, value]) => one(field, value));
  if (isObject(before) && isObject(after)) {
    const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return fields
      .filter((field) => !same(before[field], after[field]))
      .flatMap((field) => parts(field, before[field], after[field]));
  }
  return from !== undefined && to !== undefined ? [{ field: 'state', before: from, after: to }] : [];
}

/** What of the metadata the differences do not tell. */
export function rest(metadata: Metadata): Metadata {
  const told = differences(metadata).length > 0 ? ['before', 'after', 'changed', 'from', 'to'] : [];
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !told.includes(name)));
}

function one(field: string, value: unknown): Difference[] {
  return isObject(value) ? parts(field, value['before'], value['after']) : [{ field, isSecret: true }];
}

/** Of what has parts, such as settings, only those that differ. */
function parts(field: string, before: unknown, after: unknown): Difference[] {
  if (!isObject(before) || !isObject(after)) return [{ field, before, after }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const differing = names.filter((name) => !same(before[name], after[name]));
  return differing.map((name) => ({ field: `${field}: ${name}`, before: before[name], after: after[name] }));
}

/** A value as text: what is plain stays plain. */
export function shown(value: unknown): string {
  if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)) return '–';
  if (typeof value === 'string') return value;
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  return isList ? value.join(', ') : JSON.stringify(value, null, 1);
}
