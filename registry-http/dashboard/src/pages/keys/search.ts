import * as z from 'zod/mini';

/** What makes no sense in the address is passed over. */
const lenient = <T extends z.ZodMiniType>(type: T) => z.catch(z.optional(type), undefined);

/** What of the address says which keys are shown, and which dialog is open. */
export const keySearch = z.object({
  page: lenient(z.int().check(z.minimum(1))),
  /** Only the keys for this server. */
  server: lenient(z.uuid()),
  /** Only the keys that act as this user. */
  owner: lenient(z.uuid()),
  /** The key of which the details are shown. */
  key: lenient(z.uuid()),
  /** How many days of its usage. */
  days: lenient(z.literal([1, 7, 30, 90])),
  /** `true`: the dialog that makes a key is open. */
  make: lenient(z.literal(true)),
});

export type KeySearch = z.infer<typeof keySearch>;
