import { useState } from 'react';
import { type OwnServer, inOwnOrder, places } from '@/api/order';
import { useAllServers, useChangePreferences, usePreferences } from '@/api/preferences';
import { Button, ButtonLink } from '@/ui/Button';
import { count } from '@/ui/format';
import { Section } from '@/ui/Page';
import { Search } from '@/ui/Search';
import { EmptyState, ErrorState, Skeleton } from '@/ui/States';
import { say } from '@/ui/Toast';
import { LimitsDialog } from './LimitsDialog';
import { ServerOrder } from './ServerOrder';

/** A list is shown up to here at first: all of a thousand at once would be slow. */
const STEP = 100;

/** How one wants to see and call servers oneself. */
export default function OwnServers() {
  const servers = useAllServers();
  const preferences = usePreferences();
  const error = servers.error ?? preferences.error;
  if (error && !(servers.data && preferences.data))
    return <ErrorState error={error} onRetry={() => void Promise.all([servers.refetch(), preferences.refetch()])} />;
  if (!servers.data || !preferences.data) return <Skeleton lines={6} />;
  const own = inOwnOrder(servers.data, preferences.data.preferences);
  return own.length === 0 ? <NoServers /> : <OwnList own={own} />;
}

function NoServers() {
  return (
    <EmptyState
      icon="server"
      title="There are no servers yet"
      action={<ButtonLink to="/servers">To the servers</ButtonLink>}
    >
      Here you order the servers that you see, hide those that you do not need, and set bounds on your own calls.
    </EmptyState>
  );
}

function OwnList({ own }: { own: readonly OwnServer[] }) {
  const [search, setSearch] = useState('');
  const [most, setMost] = useState(STEP);
  const [limitsOf, setLimitsOf] = useState<OwnServer>();
  const change = useChangePreferences();
  const found = own.filter(({ server }) => server.name.toLowerCase().includes(search.trim().toLowerCase()));
  const reset = own.filter(({ preference }) => (preference?.displayOrder ?? 0) !== 0);
  const move = (list: OwnServer[], id: string) => {
    const changes = places(list, id);
    if (changes.length > 0) change.mutate(changes);
  };
  const resetOrder = () =>
    change.mutate(
      reset.map(({ server }) => ({ serverId: server.id, displayOrder: 0 })),
      { onSuccess: () => say('The servers are in the order of their names again.') },
    );
  return (
    <Section
      title="Order and visibility"
      actions={
        reset.length > 0 && (
          <Button size="small" onPress={resetOrder} isPending={change.isPending}>
            Back to the order of names
          </Button>
        )
      }
    >
      <p className="max-w-prose text-quiet">
        Drag a server by its handle, or use its menu; with the keyboard press Enter on the handle, move with the arrows,
        and press Enter again. What you hide here is hidden from your own lists only. It can still be called.
      </p>
      <Search label="Find a server" value={search} onSearch={setSearch} />
      <ServerOrder
        all={own}
        shown={found.slice(0, most)}
        isFiltered={found.length < own.length}
        onMove={move}
        onShow={(serverId, isEnabled) => change.mutate([{ serverId, isEnabled }])}
        onLimits={setLimitsOf}
      />
      {found.length > most && (
        <div>
          <Button onPress={() => setMost(most + STEP)}>Show more ({count(found.length - most)} left)</Button>
        </div>
      )}
      {limitsOf && <LimitsDialog own={limitsOf} onClose={() => setLimitsOf(undefined)} />}
    </Section>
  );
}
