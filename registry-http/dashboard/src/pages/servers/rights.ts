import type { Me, Server } from '@/api/schema';
import { may } from '@/api/session';

type Owned = Pick<Server, 'ownerId'>;

/** An administrator changes all servers, others those that they registered. */
function isOwn(me: Me, server: Owned): boolean {
  return me.role === 'admin' || server.ownerId === me.id;
}

/** Whether `me` may change, stop and remove the server, and approve its tools. */
export const mayChange = (me: Me, server: Owned): boolean => may(me, 'server:write') && isOwn(me, server);

/** Whether `me` may have the server's health checked. */
export const mayCheck = (me: Me, server: Owned): boolean => may(me, 'health:check') && isOwn(me, server);
