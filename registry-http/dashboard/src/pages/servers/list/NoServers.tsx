import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { EmptyState } from '@/ui/States';

interface NoServersProps {
  isFiltered: boolean;
  /** Absent for who may not. */
  onAdd?: (() => void) | undefined;
  onShowAll: () => void;
}

/** There is no server to show: what to do about it. */
export function NoServers({ isFiltered, onAdd, onShowAll }: NoServersProps) {
  if (isFiltered) {
    return (
      <EmptyState
        icon="search"
        title="No server is like this"
        action={<Button onPress={onShowAll}>Show all servers</Button>}
      >
        Search for something else, or leave out a filter.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon="server"
      title="No servers yet"
      action={
        onAdd && (
          <Button kind="primary" onPress={onAdd}>
            <Icon name="plus" className="size-4" />
            Add server
          </Button>
        )
      }
    >
      {onAdd
        ? 'Register the first MCP server: you need its URL, and what it wants to know who calls.'
        : 'An administrator or a server owner of your tenant registers them.'}
    </EmptyState>
  );
}
