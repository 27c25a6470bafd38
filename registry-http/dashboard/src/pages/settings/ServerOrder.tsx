import { GridList } from 'react-aria-components/GridList';
import { DropIndicator, useDragAndDrop } from 'react-aria-components/useDragAndDrop';
import { moved, type OwnServer } from '@/api/order';
import { OwnServerRow } from './OwnServerRow';

interface ServerOrderProps {
  all: readonly OwnServer[];
  shown: readonly OwnServer[];
  /** Some are left out by a search: then nothing is dragged, for where it would land would not be seen. */
  isFiltered: boolean;
  onMove: (list: OwnServer[], id: string) => void;
  onShow: (serverId: string, isEnabled: boolean) => void;
  onLimits: (own: OwnServer) => void;
}

/** One's servers in one's own order, to be moved by drag, by keyboard or by their menus. */
export function ServerOrder({ all, shown, isFiltered, onMove, onShow, onLimits }: ServerOrderProps) {
  const move = (id: string, to: number) => onMove(moved(all, id, to), id);
  const { dragAndDropHooks } = useDragAndDrop({
    isDisabled: isFiltered,
    getItems: (keys) => [...keys].map((key) => ({ 'text/plain': nameOf(all, String(key)) })),
    getAllowedDropOperations: () => ['move'],
    renderDropIndicator: (target) => (
      <DropIndicator target={target} className="mx-3 h-0.5 rounded-full drop-target:bg-accent" />
    ),
    onReorder: ({ keys, target }) => {
      const id = String([...keys][0]);
      const others = all.filter(({ server }) => server.id !== id);
      const at = others.findIndex(({ server }) => server.id === target.key);
      move(id, target.dropPosition === 'after' ? at + 1 : at);
    },
  });
  return (
    <GridList
      aria-label="My servers"
      className="card flex flex-col outline-none"
      items={shown.map((own) => ({ ...own, id: own.server.id }))}
      dependencies={[all, isFiltered]}
      keyboardNavigationBehavior="tab"
      dragAndDropHooks={dragAndDropHooks}
      renderEmptyState={() => <p className="p-4 text-quiet">No server has this name.</p>}
    >
      {(own) => (
        <OwnServerRow
          own={own}
          position={all.findIndex(({ server }) => server.id === own.id)}
          count={all.length}
          onMove={move}
          onShow={onShow}
          onLimits={onLimits}
        />
      )}
    </GridList>
  );
}

function nameOf(all: readonly OwnServer[], id: string): string {
  return all.find(({ server }) => server.id === id)?.server.name ?? id;
}
