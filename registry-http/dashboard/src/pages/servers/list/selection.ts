import { useCallback, useState } from 'react';
import type { Server } from '@/api/schema';

/** Which servers are chosen, over all pages. */
export interface Selection {
  servers: readonly Server[];
  has: (id: string) => boolean;
  set: (servers: readonly Server[], isChosen: boolean) => void;
  clear: () => void;
}

/** Servers to do something with at once. */
export function useSelection(): Selection {
  const [chosen, setChosen] = useState<ReadonlyMap<string, Server>>(new Map());
  const set = useCallback((servers: readonly Server[], isChosen: boolean) => {
    setChosen((before) => {
      const after = new Map(before);
      for (const server of servers) {
        if (isChosen) after.set(server.id, server);
        else after.delete(server.id);
      }
      return after;
    });
  }, []);
  const clear = useCallback(() => setChosen(new Map()), []);
  return { servers: [...chosen.values()], has: (id) => chosen.has(id), set, clear };
}
