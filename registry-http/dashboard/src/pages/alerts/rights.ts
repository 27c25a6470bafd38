import type { Alert, Me } from '@/api/schema';
import { may } from '@/api/session';

/** Whether `me` may at least try to acknowledge and resolve: of a server owner, the API knows which alerts are its own. */
export const maySettle = (me: Me, { status }: Pick<Alert, 'status'>): boolean =>
  may(me, 'server:write') && status !== 'resolved';
