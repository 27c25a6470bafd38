import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useMe } from '@/api/me';
import type { Server } from '@/api/schema';
import { patient } from '@/api/patient';
import { Button } from '@/ui/Button';
import { Section } from '@/ui/Page';
import { setStatus } from '../actions';
import { StartStop } from '../list/CardActions';
import { RemoveDialog } from '../RemoveDialog';
import { mayChange } from '../rights';
import { SettingsFacts } from './SettingsFacts';

const EditDialog = lazy(() => patient(() => import('../form/EditDialog')));

/** How the server is set up, and what changes it. */
export default function SettingsTab({ server }: { server: Server }) {
  const me = useMe();
  const { edit } = useSearch({ from: '/servers/$serverId' });
  const navigate = useNavigate({ from: '/servers/$serverId' });
  const isOwn = mayChange(me, server);
  const show = (isOpen: boolean) => void navigate({ search: { tab: 'settings', ...(isOpen && { edit: true }) } });
  return (
    <>
      <Section
        title="Settings"
        actions={
          isOwn && (
            <Button kind="primary" onPress={() => show(true)}>
              Edit server
            </Button>
          )
        }
      >
        <SettingsFacts server={server} />
      </Section>
      {isOwn ? (
        <>
          <State server={server} />
          <Removal server={server} />
        </>
      ) : (
        <p className="text-quiet">Its owner and administrators change it.</p>
      )}
      <Suspense fallback={null}>{edit && isOwn && <EditDialog server={server} onClose={() => show(false)} />}</Suspense>
    </>
  );
}

function State({ server }: { server: Server }) {
  const isPaused = server.status === 'maintenance';
  return (
    <Section title="State">
      <div className="card flex flex-wrap items-center gap-3 p-4">
        <p className="min-w-60 flex-1">
          Calls go to an active server only. One that is stopped or in maintenance is not checked by itself either.
        </p>
        <StartStop server={server} />
        <Button size="small" onPress={() => setStatus(server, isPaused ? 'active' : 'maintenance')}>
          {isPaused ? 'End maintenance' : 'Put into maintenance'}
        </Button>
      </div>
    </Section>
  );
}

function Removal({ server }: { server: Server }) {
  const navigate = useNavigate();
  const [asks, setAsks] = useState(false);
  return (
    <Section title="Remove">
      <div className="card flex flex-wrap items-center gap-3 border-danger! p-4">
        <p className="min-w-60 flex-1">Its history goes with it, and the keys that are for it are revoked.</p>
        <Button kind="danger" size="small" onPress={() => setAsks(true)}>
          Remove server
        </Button>
      </div>
      {asks && (
        <RemoveDialog
          server={server}
          onClose={() => setAsks(false)}
          onRemoved={() => void navigate({ to: '/servers' })}
        />
      )}
    </Section>
  );
}
