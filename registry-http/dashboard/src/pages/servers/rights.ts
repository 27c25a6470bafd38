import type { Me, Server } from '@/api/schema';
import { may } from '@/api/session';

type Owned = Pick<Server, 'ownerId'>;

/** Whether the server is the user's own to change, or the user changes all. */
function isOwn(me: Me, server: Owned): boolean {
  return me.role === 'admin' || (me.role === 'server_owner' && server.ownerId === me.id);
}

/** Whether `me` may register servers. */
export const mayRegister = (me: Me): boolean => may(me, 'server:write') && me.role !== 'user';

/** Whether `me` may change, stop and remove the server, and approve its tools. */
export const mayChange = (me: Me, server: Owned): boolean => may(me, 'server:write') && isOwn(me, server);

/** Whether `me` may have the server's health checked. */
export const mayCheck = (me: Me, server: Owned): boolean => may(me, 'health:check') && isOwn(me, server);
