import * as z from 'zod/mini';

const VIEWS = ['cards', 'table'] as const;
const STATES = ['active', 'inactive', 'error', 'maintenance'] as const;
const HEALTH = ['healthy', 'degraded', 'unhealthy', 'unknown'] as const;
const SORTS = ['name', 'createdAt', 'updatedAt', 'status'] as const;
const SIZES = [25, 50, 100] as const;
const TABS = ['overview', 'tools', 'resources', 'prompts', 'health', 'usage', 'keys', 'audit', 'settings'] as const;

/** What makes no sense in the address is passed over. */
const lenient = <T extends z.ZodMiniType>(type: T) => z.catch(z.optional(type), undefined);

/** What of the address says which servers are shown, and how. */
export const serverListSearch = z.object({
  page: lenient(z.int().check(z.minimum(1))),
  size: lenient(z.literal(SIZES)),
  view: lenient(z.enum(VIEWS)),
  search: lenient(z.string().check(z.minLength(1), z.maxLength(200))),
  status: lenient(z.enum(STATES)),
  health: lenient(z.enum(HEALTH)),
  tags: lenient(z.array(z.string()).check(z.minLength(1))),
  sort: lenient(z.enum(SORTS)),
  order: lenient(z.enum(['asc', 'desc'])),
  /** `true`: the dialog to register a server is open. */
  add: lenient(z.literal(true)),
});

export type ServerListSearch = z.infer<typeof serverListSearch>;
export type View = (typeof VIEWS)[number];

/** Which part of a server's page is shown. */
export const serverSearch = z.object({
  tab: lenient(z.enum(TABS)),
  page: lenient(z.int().check(z.minimum(1))),
  search: lenient(z.string().check(z.minLength(1), z.maxLength(200))),
  /** How many days of health and usage. */
  days: lenient(z.literal([1, 7, 30, 90])),
  /** `true`: the dialog to change the server is open. */
  edit: lenient(z.literal(true)),
});

export type ServerSearch = z.infer<typeof serverSearch>;
export type ServerTab = (typeof TABS)[number];
