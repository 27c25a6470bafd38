import type { ApiKey, Me } from '@/api/schema';
import { may } from '@/api/session';

/** Whether `me` may make keys. */
export const mayMake = (me: Me): boolean => may(me, 'keys:manage') && me.role !== 'user';

/**
 * Whether `me` may change, rotate and revoke keys that are listed. (A server owner's list has its own: those that act as
 * it, that it made, or that are for its servers.)
 */
export const mayChange = (me: Me, key: Pick<ApiKey, 'status'>): boolean => mayMake(me) && key.status !== 'revoked';

/** Whether a new secret waits for `me`: the key was rotated without being asked, and acts as `me`. */
export const mayClaim = (me: Me, key: Pick<ApiKey, 'ownerId' | 'unclaimedUntil' | 'status'>): boolean =>
  key.status !== 'revoked' && key.unclaimedUntil !== undefined && key.ownerId === me.id;
