import { api } from '@/api/client';
import type { Server } from '@/api/schema';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { sayFailure } from '@/ui/Toast';
import type { HealthSearch } from './search';

interface CheckAllProps {
  search: HealthSearch;
  /** Those that are shown. */
  servers: readonly Pick<Server, 'id'>[];
  /** The service has begun. */
  onJob: (id: string) => void;
}

/** Has all servers checked that are searched for; with a filter by health, those that are shown. */
export function CheckAll({ search: { search, health }, servers, onJob }: CheckAllProps) {
  const begin = api.useMutation('post', '/api/health-checks', {
    onSuccess: ({ id }) => onJob(id),
    onError: sayFailure,
  });
  const which = health ? { servers: servers.map(({ id }) => id) } : { ...(search && { search }) };
  const words = health ? `Check these ${servers.length}` : search ? 'Check all that fit' : 'Check all';
  return (
    <Button
      isPending={begin.isPending}
      isDisabled={servers.length === 0}
      onPress={() => begin.mutate({ body: { deep: false, tags: [], ...which } })}
    >
      <Icon name="refresh" className="size-4" />
      {words}
    </Button>
  );
}
