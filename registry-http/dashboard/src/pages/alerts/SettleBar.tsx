import { useState } from 'react';
import type { Alert } from '@/api/schema';
import { Button } from '@/ui/Button';
import { type Settling, settle } from './settle';

interface SettleBarProps {
  alerts: readonly Alert[];
  onDone: () => void;
}

/** What can be done with the alerts that are chosen. */
export function SettleBar({ alerts, onDone }: SettleBarProps) {
  const [doing, setDoing] = useState<Settling>();
  const run = async (what: Settling) => {
    setDoing(what);
    await settle(what, alerts);
    setDoing(undefined);
    onDone();
  };
  return (
    <section
      aria-label="Chosen alerts"
      className="card sticky top-16 z-10 flex flex-wrap items-center gap-2 border-accent px-3 py-2"
    >
      <p aria-live="polite" className="mr-auto font-medium">
        {alerts.length} chosen
      </p>
      <Button
        size="small"
        isPending={doing === 'acknowledge'}
        isDisabled={doing === 'resolve' || alerts.every(({ status }) => status === 'acknowledged')}
        onPress={() => run('acknowledge')}
      >
        Acknowledge
      </Button>
      <Button
        size="small"
        isPending={doing === 'resolve'}
        isDisabled={doing === 'acknowledge'}
        onPress={() => run('resolve')}
      >
        Resolve
      </Button>
      <Button size="small" kind="quiet" onPress={onDone}>
        Choose none
      </Button>
    </section>
  );
}
