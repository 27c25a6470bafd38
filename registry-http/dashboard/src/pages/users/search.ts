import * as z from 'zod/mini';

/** What of the address says what is shown. What makes no sense there is passed over. */
export const userSearch = z.object({
  page: z.catch(z.optional(z.int().check(z.minimum(1))), undefined),
  /** A text in user name, display name or e-mail; an address may make a number of it. */
  search: z.catch(z.optional(z.coerce.string()), undefined),
  role: z.catch(z.optional(z.enum(['admin', 'server_owner', 'user'])), undefined),
  tenantId: z.catch(z.optional(z.guid()), undefined),
  /** Whose details are shown. */
  user: z.catch(z.optional(z.guid()), undefined),
});

export type UserSearch = z.infer<typeof userSearch>;
