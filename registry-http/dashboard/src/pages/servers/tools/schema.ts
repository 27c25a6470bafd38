/** An argument of a tool, as a field of a form. */
export interface ToolField {
  name: string;
  label: string;
  help: string;
  isRequired: boolean;
  kind: 'text' | 'long' | 'number' | 'whole' | 'yesno' | 'choice' | 'lines' | 'json';
  /** Of a choice: what can be chosen, as JSON. */
  options: readonly string[];
  /** What the field begins with. */
  initial: string;
}

type Schema = Record<string, unknown>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The fields for an input schema; `undefined` if it is of no kind that a form could be made for. */
export function fieldsOf(schema: unknown): ToolField[] | undefined {
  if (!isSchema(schema)) return undefined;
  const { properties = {}, required } = schema;
  if (!isSchema(properties) || ['$ref', 'oneOf', 'anyOf', 'allOf'].some((word) => word in schema)) return undefined;
  const needed = Array.isArray(required) ? required : [];
  return Object.entries(properties).map(([name, property]) => {
    const about = isSchema(property) ? property : {};
    const field = { name, label: text(about['title']) || name, help: text(about['description']) };
    return { ...field, isRequired: needed.includes(name), ...kindOf(about), initial: initialOf(about) };
  });
}

function kindOf(about: Schema): Pick<ToolField, 'kind' | 'options'> {
  const options: readonly string[] = [];
  if (Array.isArray(about['enum']))
    return { kind: 'choice', options: about['enum'].map((value) => JSON.stringify(value)) };
  switch (about['type']) {
    case 'string':
      return { kind: Number(about['maxLength']) > 200 ? 'long' : 'text', options };
    case 'number':
      return { kind: 'number', options };
    case 'integer':
      return { kind: 'whole', options };
    case 'boolean':
      return { kind: 'yesno', options };
    case 'array':
      return { kind: isSchema(about['items']) && about['items']['type'] === 'string' ? 'lines' : 'json', options };
    default:
      return { kind: 'json', options };
  }
}

function initialOf(about: Schema): string {
  const { default: initial } = about;
  if (initial === undefined) return '';
  return about['type'] === 'string' && !about['enum'] ? text(initial) : JSON.stringify(initial);
}

/** What is in the fields, as arguments; or what is wrong, by the number of the field. */
export function argumentsOf(
  fields: readonly ToolField[],
  values: readonly string[],
): { input: Schema; problems: Map<number, string> } {
  const input: Schema = {};
  const problems = new Map<number, string>();
  fields.forEach((field, index) => {
    const typed = values[index] ?? '';
    if (typed === '') {
      if (field.isRequired) problems.set(index, 'This is needed');
      return;
    }
    const value = valueOf(field, typed);
    if (value === undefined) problems.set(index, PROBLEMS[field.kind] ?? 'This is no JSON');
    else input[field.name] = value;
  });
  return { input, problems };
}

const PROBLEMS: Partial<Record<ToolField['kind'], string>> = {
  number: 'Type a number',
  whole: 'Type a whole number',
};

function valueOf({ kind }: ToolField, typed: string): unknown {
  switch (kind) {
    case 'text':
    case 'long':
      return typed;
    case 'number':
      return Number.isFinite(Number(typed)) ? Number(typed) : undefined;
    case 'whole':
      return Number.isInteger(Number(typed)) ? Number(typed) : undefined;
    case 'lines':
      return typed.startsWith('[') ? parsed(typed) : typed.split('\n').filter((line) => line !== '');
    case 'yesno':
    case 'choice':
    case 'json':
      return parsed(typed);
  }
}

/** `undefined` for what is no JSON. */
export function parsed(typed: string): unknown {
  try {
    return JSON.parse(typed) as unknown;
  } catch {
    return undefined;
  }
}
