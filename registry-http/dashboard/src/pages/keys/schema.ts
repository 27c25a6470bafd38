import * as z from 'zod';
import type { ApiKey, CreateApiKey, UpdateApiKey } from '@/api/schema';
import { CLEARED } from '@/api/clear';

const MAX_TOOLS = 100;
const MAX_TOOL = 128;

const days = (what: string) =>
  z
    .string()
    .trim()
    .regex(/^\d{1,3}$/, `${what} is a whole number of days.`)
    .refine((text) => Number(text) >= 1 && Number(text) <= 365, `${what} is 1 to 365 days.`);

/** One name on each line. */
export function linesOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter(Boolean);
}

const tools = z.string().superRefine((text, context) => {
  const names = linesOf(text);
  const problem = (message: string) => context.addIssue({ code: 'custom', message });
  if (names.length > MAX_TOOLS) problem(`At most ${MAX_TOOLS} tools.`);
  if (names.some((name) => name.length > MAX_TOOL)) problem(`A name has at most ${MAX_TOOL} characters.`);
  if (names.some((name) => name.slice(0, -1).includes('*'))) problem('A * stands only at the end of a name.');
});

/** What can be said of a key when it is made and later. */
const said = {
  name: z.string().trim().min(1, 'Give the key a name.').max(50, 'A name has at most 50 characters.'),
  description: z.string().trim().max(200, 'A description has at most 200 characters.'),
  scopes: z.array(z.string()).min(1, 'Choose at least one.'),
  tools,
  rotationDays: days('The rotation'),
  auto: z.boolean(),
};

/** The form that changes a key. */
export const changeSchema = z.object(said);
export type ChangeForm = z.infer<typeof changeSchema>;

/** The form that makes a key. */
export const makeSchema = z.object({
  ...said,
  serverId: z.string().optional(),
  ownerUserId: z.string().optional(),
  expiresInDays: days('The lifetime'),
});
export type MakeForm = z.infer<typeof makeSchema>;

/** What the form starts with. */
export function newKey(serverId: string | undefined, ownerUserId: string | undefined): MakeForm {
  return {
    name: '',
    description: '',
    serverId,
    ownerUserId,
    scopes: ['server:read', 'mcp:invoke'],
    tools: '',
    expiresInDays: '90',
    rotationDays: '90',
    auto: false,
  };
}

/** A key as the form that changes it has it. */
export function formOf(key: ApiKey): ChangeForm {
  return {
    name: key.name,
    description: key.description ?? '',
    scopes: key.scopes,
    tools: (key.tools ?? []).join('\n'),
    rotationDays: String(key.rotation.days ?? 90),
    auto: key.rotation.auto ?? false,
  };
}

/** The request that makes the key. */
export function makeRequest(form: MakeForm): CreateApiKey {
  const names = linesOf(form.tools);
  return {
    name: form.name,
    scopes: form.scopes,
    expiresInDays: Number(form.expiresInDays),
    rotation: { days: Number(form.rotationDays), auto: form.auto },
    ...(form.description && { description: form.description }),
    ...(form.serverId && { serverId: form.serverId }),
    ...(form.ownerUserId && { ownerUserId: form.ownerUserId }),
    ...(names.length > 0 && { tools: names }),
  };
}

/** The request that changes the key. */
export function changeRequest(form: ChangeForm): UpdateApiKey {
  const names = linesOf(form.tools);
  return {
    name: form.name,
    description: form.description || CLEARED,
    scopes: form.scopes,
    tools: names.length > 0 ? names : CLEARED,
    rotation: { days: Number(form.rotationDays), auto: form.auto },
  };
}
