import * as z from 'zod/mini';

/** What of the address says what is shown. What makes no sense there is passed over. */
export const tenantSearch = z.object({
  page: z.catch(z.optional(z.int().check(z.minimum(1))), undefined),
});
