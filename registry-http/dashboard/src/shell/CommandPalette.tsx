import { useNavigate } from '@tanstack/react-router';
import { keepPreviousData } from '@tanstack/react-query';
import { useState } from 'react';
import { Autocomplete } from 'react-aria-components/Autocomplete';
import { Dialog } from 'react-aria-components/Dialog';
import { Input } from 'react-aria-components/Input';
import { Menu, MenuItem } from 'react-aria-components/Menu';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { TextField } from 'react-aria-components/TextField';
import { api } from '@/api/client';
import type { Me } from '@/api/schema';
import { INPUT } from '@/ui/Field';
import { Icon, type IconName } from '@/ui/Icon';
import { destinations } from './navigation';

interface Command {
  id: string;
  name: string;
  icon: IconName;
  run: () => void;
}

const SERVERS_SHOWN = 8;

/** Everything by typing: pages and servers. */
export default function CommandPalette({ me, onClose }: { me: Me; onClose: () => void }) {
  return (
    <ModalOverlay
      isOpen
      onOpenChange={onClose}
      isDismissable
      className="fixed inset-0 z-40 flex justify-center bg-[#0008] p-4 pt-[12dvh] backdrop-blur-xs"
    >
      {/* What scrolls has the field in it, so the keyboard is in it too. */}
      <Modal className="h-fit max-h-[70dvh] w-full max-w-lg overflow-auto rounded-2xl border border-line bg-raised shadow-overlay">
        <Dialog aria-label="Search and commands" className="outline-none">
          <Commands me={me} onDone={onClose} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Commands({ me, onDone }: { me: Me; onDone: () => void }) {
  const [text, setText] = useState('');
  const commands = useCommands(me, text, onDone);
  return (
    <Autocomplete inputValue={text} onInputChange={setText}>
      <TextField aria-label="Go to a page or a server" className="sticky top-0 z-10 border-b border-line bg-raised p-3">
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the palette is opened to type in it */}
        <Input autoFocus placeholder="Go to a page or a server" className={INPUT} />
      </TextField>
      <Menu
        aria-label="Commands"
        items={commands}
        className="p-2 outline-none"
        renderEmptyState={() => <p className="p-3 text-quiet">Nothing has this name.</p>}
      >
        {({ id, name, icon, run }) => (
          <MenuItem
            id={id}
            textValue={name}
            onAction={run}
            className="flex cursor-pointer items-center gap-3 rounded-lg px-3 py-2 outline-none focus:bg-accent-soft"
          >
            <Icon name={icon} className="size-4 text-quiet" />
            {name}
          </MenuItem>
        )}
      </Menu>
    </Autocomplete>
  );
}

function useCommands(me: Me, text: string, onDone: () => void): Command[] {
  const navigate = useNavigate();
  const search = text.trim();
  const query = { limit: SERVERS_SHOWN, ...(search && { search }) };
  const found = api.useQuery('get', '/api/servers', { params: { query } }, { placeholderData: keepPreviousData });
  const go = (to: string) => () => {
    onDone();
    void navigate({ to });
  };
  const isMeant = ({ name }: { name: string }) => name.toLowerCase().includes(search.toLowerCase());
  const pages = destinations(me).filter(isMeant);
  // What was found for the text before stays meanwhile, as far as it is still meant.
  const servers = (found.data?.servers ?? []).filter((server) => !found.isPlaceholderData || isMeant(server));
  return [
    ...pages.map(({ name, to, icon }) => ({ id: to, name, icon, run: go(to) })),
    ...servers.map(({ id, name }) => ({ id, name, icon: 'server' as const, run: go(`/servers/${id}`) })),
  ];
}
