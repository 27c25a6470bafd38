import type { Preference, PreferenceRequest, Server } from './schema';

/** A server as one sees it oneself. */
export interface OwnServer {
  server: Server;
  /** Absent: shown, in no place of one's own, without bounds of one's own. */
  preference: Preference | undefined;
}

const placeOf = ({ preference }: OwnServer): number => preference?.displayOrder ?? 0;

/** The servers in one's own order: by place, smallest first, as the API does; those in the same place by name. */
export function inOwnOrder(servers: readonly Server[], preferences: readonly Preference[]): OwnServer[] {
  const byServer = new Map(preferences.map((preference) => [preference.serverId, preference]));
  const own = servers.map((server) => ({ server, preference: byServer.get(server.id) }));
  return own.sort((a, b) => placeOf(a) - placeOf(b) || a.server.name.localeCompare(b.server.name));
}

/** The list with `id` taken out and put in front of what stands at `to` without it. */
export function moved(list: readonly OwnServer[], id: string, to: number): OwnServer[] {
  const one = list.filter(({ server }) => server.id === id);
  const others = list.filter(({ server }) => server.id !== id);
  return [...others.slice(0, to), ...one, ...others.slice(to)];
}

/**
 * The changes of preferences that make this the order. Places count up to -1, so that servers which were never put
 * anywhere (0, new ones too) come after those that were; only what has a place or is before the one that moved gets one.
 */
export function places(list: readonly OwnServer[], movedId: string): PreferenceRequest[] {
  const last = list.findLastIndex((own) => own.server.id === movedId || placeOf(own) !== 0);
  const placed = list.slice(0, last + 1).map((own, index) => ({ own, displayOrder: index - last - 1 }));
  const changed = placed.filter(({ own, displayOrder }) => placeOf(own) !== displayOrder);
  return changed.map(({ own, displayOrder }) => ({ serverId: own.server.id, displayOrder }));
}

/** The preferences as they are once the API has made the changes. What is absent in a change stays. */
export function changed(
  preferences: readonly Preference[],
  changes: readonly PreferenceRequest[],
  userId: string,
): Preference[] {
  const byServer = new Map(preferences.map((preference) => [preference.serverId, preference]));
  for (const { serverId = '', isEnabled, displayOrder } of changes) {
    const old = byServer.get(serverId) ?? fresh(serverId, userId);
    byServer.set(serverId, {
      ...old,
      isEnabled: isEnabled ?? old.isEnabled,
      displayOrder: displayOrder ?? old.displayOrder,
    });
  }
  return [...byServer.values()];
}

function fresh(serverId: string, userId: string): Preference {
  const updatedAt = new Date().toISOString();
  return { serverId, userId, isEnabled: true, displayOrder: 0, customSettings: {}, updatedAt };
}
