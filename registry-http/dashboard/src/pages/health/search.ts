import * as z from 'zod/mini';

/** What makes no sense in the address is passed over. */
const lenient = <T extends z.ZodMiniType>(type: T) => z.catch(z.optional(type), undefined);

/** What of the address says which servers are shown. */
export const healthSearch = z.object({
  page: lenient(z.int().check(z.minimum(1))),
  search: lenient(z.string().check(z.minLength(1), z.maxLength(200))),
  /** Only servers that are so. */
  health: lenient(z.enum(['healthy', 'degraded', 'unhealthy', 'unknown'])),
  /** The server of which the details are shown. */
  server: lenient(z.uuid()),
  /** How many days the details go back. */
  days: lenient(z.literal([1, 7, 30, 90])),
  /** The page of the server's checks. */
  checks: lenient(z.int().check(z.minimum(1))),
  /** The checks of many servers that are shown. */
  job: lenient(z.uuid()),
});

export type HealthSearch = z.infer<typeof healthSearch>;
