import { useState } from 'react';
import type { Server } from '@/api/schema';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { check } from './actions';

interface CheckButtonProps {
  server: Pick<Server, 'id' | 'name'>;
  deep?: boolean;
  /** Only the picture is shown. */
  isShort?: boolean;
}

/** Has the server's health checked now. */
export function CheckButton({ server, deep = false, isShort = false }: CheckButtonProps) {
  const [isPending, setPending] = useState(false);
  const run = async () => {
    setPending(true);
    await check(server, deep);
    setPending(false);
  };
  return (
    <Button
      size="small"
      kind={isShort ? 'quiet' : 'plain'}
      isPending={isPending}
      onPress={run}
      {...(isShort && { 'aria-label': `Check ${server.name} now` })}
    >
      <Icon name="refresh" className={`size-4 ${isPending ? 'animate-spin' : ''}`} />
      {!isShort && 'Check now'}
    </Button>
  );
}
