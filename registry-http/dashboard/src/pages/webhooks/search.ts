import * as z from 'zod/mini';

/** What makes no sense in the address is passed over. */
const lenient = <T extends z.ZodMiniType>(type: T) => z.catch(z.optional(type), undefined);

/** What of the address says what is shown. */
export const webhookSearch = z.object({
  /** The webhook of which the deliveries are shown. */
  webhook: lenient(z.uuid()),
  /** Only deliveries that are so far. */
  status: lenient(z.enum(['pending', 'delivered', 'dead'])),
  page: lenient(z.int().check(z.minimum(1))),
});

export type WebhookSearch = z.infer<typeof webhookSearch>;
