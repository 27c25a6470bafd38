import { ToggleButton } from 'react-aria-components/ToggleButton';
import { ToggleButtonGroup } from 'react-aria-components/ToggleButtonGroup';
import { Icon } from '@/ui/Icon';
import type { View } from '../search';

const VIEWS = [
  { id: 'cards', name: 'Cards', icon: 'dashboard' },
  { id: 'table', name: 'Table', icon: 'menu' },
] as const;

/** Servers as cards or as a table. */
export function ViewToggle({ view, onChange }: { view: View; onChange: (view: View) => void }) {
  return (
    <ToggleButtonGroup
      aria-label="View"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[view]}
      onSelectionChange={(keys) =>
        keys.has('table') !== (view === 'table') && onChange(view === 'table' ? 'cards' : 'table')
      }
      className="inline-flex rounded-lg border border-control bg-surface p-0.5"
    >
      {VIEWS.map(({ id, name, icon }) => (
        <ToggleButton
          key={id}
          id={id}
          aria-label={name}
          className="grid min-h-7.5 min-w-9 place-items-center rounded-md text-quiet selected:bg-accent-soft selected:text-accent"
        >
          <Icon name={icon} className="size-4" />
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
