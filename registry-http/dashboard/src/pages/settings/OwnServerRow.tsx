import { Button as AriaButton } from 'react-aria-components/Button';
import { GridListItem } from 'react-aria-components/GridList';
import type { OwnServer } from '@/api/order';
import type { CustomSettings } from '@/api/schema';
import { Badge } from '@/ui/Badge';
import { classes } from '@/ui/class';
import { Icon } from '@/ui/Icon';
import { Menu } from '@/ui/Menu';
import { Health } from '@/ui/Status';
import { Switch } from '@/ui/Switch';

interface OwnServerRowProps {
  own: OwnServer;
  /** Where it stands among all, from 0. */
  position: number;
  count: number;
  onMove: (id: string, to: number) => void;
  onShow: (serverId: string, isEnabled: boolean) => void;
  onLimits: (own: OwnServer) => void;
}

/** A server among one's own. */
export function OwnServerRow({ own, position, count, onMove, onShow, onLimits }: OwnServerRowProps) {
  const { server, preference } = own;
  const { id, name } = server;
  const isShown = preference?.isEnabled ?? true;
  const isFirst = position === 0;
  const isLast = position === count - 1;
  return (
    <GridListItem
      id={id}
      textValue={name}
      className="flex items-center gap-2 border-b border-line px-2 py-2 -outline-offset-2 last:border-0 dragging:opacity-50 sm:gap-3 sm:px-3"
    >
      <AriaButton slot="drag" className="rounded p-1.5 text-quiet hover:bg-sunken disabled:opacity-40">
        <Icon name="grip" className="size-5" />
      </AriaButton>
      <div className={classes('flex min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-1', !isShown && 'text-quiet')}>
        <span className="min-w-0 font-medium">{name}</span>
        <Health status={server.healthStatus} />
        <Limits settings={preference?.customSettings} />
      </div>
      <Switch isSelected={isShown} onChange={(next) => onShow(id, next)} aria-label={`Show ${name} in my lists`}>
        <span className="max-sm:sr-only">{isShown ? 'Shown' : 'Hidden'}</span>
      </Switch>
      <Menu
        label={`More for ${name}`}
        actions={[
          { id: 'up', name: 'Move up', onAction: () => onMove(id, position - 1), isDisabled: isFirst },
          { id: 'down', name: 'Move down', onAction: () => onMove(id, position + 1), isDisabled: isLast },
          { id: 'top', name: 'Move to the top', onAction: () => onMove(id, 0), isDisabled: isFirst },
          { id: 'end', name: 'Move to the end', onAction: () => onMove(id, count - 1), isDisabled: isLast },
          { id: 'limits', name: 'Bounds on my calls', onAction: () => onLimits(own) },
        ]}
      />
    </GridListItem>
  );
}

function Limits({ settings }: { settings: CustomSettings | undefined }) {
  if (!settings) return null;
  const { timeout, rateLimit } = settings;
  return (
    <>
      {timeout !== undefined && <Badge tone="quiet">waits {timeout / 1_000} s</Badge>}
      {rateLimit && <Badge tone="quiet">{rateLimit.rpm} calls a minute</Badge>}
    </>
  );
}
