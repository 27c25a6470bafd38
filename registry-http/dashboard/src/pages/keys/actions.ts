import { useState } from 'react';
import type { ApiKey, Me } from '@/api/schema';
import type { MenuAction } from '@/ui/Menu';
import { mayChange, mayClaim } from './rights';

/** What is being done with which key. */
export interface Doing {
  what: 'rotate' | 'change' | 'revoke' | 'claim';
  key: ApiKey;
}

/** What can be done with the keys of a list. */
export interface KeyActions {
  /** Shows the details. */
  open: (id: string) => void;
  offered: (key: ApiKey) => MenuAction[];
}

/** What `me` can do with keys, and what is being done. */
export function useKeyActions(me: Me, open: (id: string) => void) {
  const [doing, setDoing] = useState<Doing>();
  const act = (what: Doing['what'], name: string, key: ApiKey): MenuAction => ({
    id: what,
    name,
    onAction: () => setDoing({ what, key }),
    isDanger: what === 'revoke',
  });
  const changes = (key: ApiKey) => [
    ...(mayClaim(me, key) ? [act('claim', 'Fetch the new secret', key)] : []),
    ...(mayChange(me, key)
      ? [act('rotate', 'Rotate key', key), act('change', 'Edit', key), act('revoke', 'Revoke key', key)]
      : []),
  ];
  const offered = (key: ApiKey): MenuAction[] => [
    { id: 'open', name: 'Usage and details', onAction: () => open(key.id) },
    ...changes(key),
  ];
  return { doing, done: () => setDoing(undefined), changes, actions: { open, offered } };
}
