import { ToggleButton } from 'react-aria-components/ToggleButton';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import type { HealthStatus, ServerCounts } from '@/api/schema';
import { classes } from '@/ui/class';
import { count } from '@/ui/format';
import { ErrorState, Skeleton } from '@/ui/States';

interface Count {
  /** What it shows when it is chosen; all servers without. */
  health: HealthStatus | undefined;
  name: string;
  look: string;
  sign: string;
  of: (counts: ServerCounts) => number;
}

/** The signs are those of the badges. */
const COUNTS: readonly Count[] = [
  { health: undefined, name: 'Total', sign: '', look: '', of: ({ total }) => total },
  { health: 'healthy', name: 'Healthy', sign: '●', look: 'text-good', of: ({ byHealth }) => byHealth.healthy },
  { health: 'degraded', name: 'Warning', sign: '▲', look: 'text-warning', of: ({ byHealth }) => byHealth.degraded },
  { health: 'unhealthy', name: 'Down', sign: '■', look: 'text-danger', of: ({ byHealth }) => byHealth.unhealthy },
  { health: 'unknown', name: 'Unknown', sign: '○', look: 'text-quiet', of: ({ byHealth }) => byHealth.unknown },
];

interface CountsProps {
  selected: HealthStatus | undefined;
  onSelect: (health: HealthStatus | undefined) => void;
}

/** How many servers are how. Each number is a filter too. */
export function Counts({ selected, onSelect }: CountsProps) {
  const { data, error, refetch } = kept(api.useQuery('get', '/api/overview'));
  if (error && !data) return <ErrorState error={error} onRetry={refetch} />;
  if (!data) return <Skeleton lines={1} className="h-20" />;
  return (
    <div role="group" aria-label="Servers by health" className="grid grid-cols-2 gap-3 sm:grid-cols-5">
      {COUNTS.map(({ health, name, look, sign, of }) => (
        <ToggleButton
          key={name}
          isSelected={selected === health}
          onChange={(isSelected) => onSelect(isSelected ? health : undefined)}
          className={classes(
            'card flex cursor-pointer flex-col items-start px-4 py-3 text-left hover:border-control selected:border-accent selected:bg-accent-soft',
            health === undefined && 'col-span-2 sm:col-span-1',
          )}
        >
          <span className="flex items-center gap-1.5 text-sm text-quiet">
            {sign && (
              <span aria-hidden="true" className={look}>
                {sign}
              </span>
            )}
            {name}
          </span>{' '}
          <span className="text-2xl font-bold tabular-nums">{count(of(data.servers))}</span>
        </ToggleButton>
      ))}
    </div>
  );
}
