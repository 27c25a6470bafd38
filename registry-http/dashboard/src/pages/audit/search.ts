import * as z from 'zod/mini';

const optional = <S extends z.ZodMiniType>(schema: S) => z.catch(z.optional(schema), undefined);
const id = optional(z.guid());
const moment = optional(z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)))));

/** What of the address says what is shown. What makes no sense there is passed over. */
export const auditSearch = z.object({
  page: optional(z.int().check(z.minimum(1))),
  eventType: optional(z.string()),
  resourceType: optional(z.string()),
  actorId: id,
  resourceId: id,
  tenantId: id,
  /** An address may make a number of it. */
  requestId: optional(z.coerce.string()),
  from: moment,
  to: moment,
  /** The entry whose details are shown, and when it happened: it may be on no page that is shown. */
  entry: id,
  at: moment,
});

export type AuditSearch = z.infer<typeof auditSearch>;
