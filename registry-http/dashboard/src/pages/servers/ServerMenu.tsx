import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useMe } from '@/api/me';
import type { Server } from '@/api/schema';
import { Menu, type MenuAction } from '@/ui/Menu';
import { say, sayFailure } from '@/ui/Toast';
import { check, setStatus } from './actions';
import { RemoveDialog } from './RemoveDialog';
import { mayChange, mayCheck } from './rights';
import type { ServerTab } from './search';
import { mcpUrl } from './url';

/** The more seldom things that can be done with a server. */
export function ServerMenu({ server }: { server: Server }) {
  const me = useMe();
  const navigate = useNavigate();
  const [removes, setRemoves] = useState(false);
  const show = (tab: ServerTab, edit?: true) =>
    void navigate({
      to: '/servers/$serverId',
      params: { serverId: server.id },
      search: { tab, ...(edit && { edit }) },
    });
  const isPaused = server.status === 'maintenance';
  const own: MenuAction[] = [
    { id: 'edit', name: 'Edit', onAction: () => show('settings', true) },
    {
      id: 'maintenance',
      name: isPaused ? 'End maintenance' : 'Put into maintenance',
      onAction: () => void setStatus(server, isPaused ? 'active' : 'maintenance'),
    },
    { id: 'remove', name: 'Remove', isDanger: true, onAction: () => setRemoves(true) },
  ];
  const actions: MenuAction[] = [
    { id: 'tools', name: 'Tools', onAction: () => show('tools') },
    { id: 'health', name: 'Health history', onAction: () => show('health') },
    { id: 'copy', name: 'Copy URL for clients', onAction: () => void copy(mcpUrl(server, me)) },
    ...(mayCheck(me, server) ? [{ id: 'deep', name: 'Check in depth', onAction: () => void check(server, true) }] : []),
    ...(mayChange(me, server) ? own : []),
  ];
  return (
    <>
      <Menu label={`More for ${server.name}`} actions={actions} />
      {removes && <RemoveDialog server={server} onClose={() => setRemoves(false)} />}
    </>
  );
}

async function copy(text: string) {
  await navigator.clipboard.writeText(text).then(() => say('The URL is copied.'), sayFailure);
}
