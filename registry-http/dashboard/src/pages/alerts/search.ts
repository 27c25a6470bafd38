import * as z from 'zod/mini';

const STATES = ['open', 'acknowledged', 'resolved'] as const;
const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
const TYPES = ['health', 'performance', 'security', 'quota'] as const;

/** What makes no sense in the address is passed over. */
const lenient = <T extends z.ZodMiniType>(type: T) => z.catch(z.optional(type), undefined);

/** What of the address says which alerts are shown. */
export const alertSearch = z.object({
  page: lenient(z.int().check(z.minimum(1))),
  /** Open ones, if it says nothing. */
  status: lenient(z.enum([...STATES, 'any'])),
  severity: lenient(z.enum(SEVERITIES)),
  type: lenient(z.enum(TYPES)),
  /** Only those of this server. */
  server: lenient(z.uuid()),
  /** The alert of which the details are shown. */
  alert: lenient(z.uuid()),
});

export type AlertSearch = z.infer<typeof alertSearch>;
