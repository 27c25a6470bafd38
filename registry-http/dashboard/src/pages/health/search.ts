import * as z from 'zod/mini';

/** What makes no sense in the address is passed over. */
const lenient = <T extends z.ZodMiniType>(type: T) => z.catch(z.optional(type), undefined);

/** What of the address says which servers are shown. */
export const healthSearch = z.object({
  page: lenient(z.int().check(z.minimum(1))),
  search: lenient(z.string().check(z.minLength(1), z.maxLength(200))),
  /** Only servers that are so. */
  health: lenient(z.enum(['healthy', 'degraded', 'unhealthy', 'unknown'])),
  /** The checks of many servers of which the progress is shown. */
  job: lenient(z.uuid()),
});

export type HealthSearch = z.infer<typeof healthSearch>;
