import { api } from '@/api/client';
import { invalidate } from '@/api/query';
import type { Capability, Server } from '@/api/schema';
import { Button } from '@/ui/Button';
import { Code } from '@/ui/Code';
import { Icon } from '@/ui/Icon';
import { More } from '@/ui/More';
import { Problem } from '@/ui/Problem';
import { say } from '@/ui/Toast';

interface ApproveProps {
  server: Server;
  tool: Capability;
  mayApprove: boolean;
}

/** The tool is withheld, since it changed or is new: what changed, and the way to let it be called. */
export function Approve({ server, tool, mayApprove }: ApproveProps) {
  const approve = api.useMutation('post', '/api/servers/{id}/tools/{name}/approve', {
    onSuccess: () => {
      say(`${tool.name} can be called.`);
      void invalidate('/api/servers', '/api/tools');
    },
    // It changed once more: what is shown then is what would be approved.
    onError: () => void invalidate('/api/servers/{id}/tools'),
  });
  const path = { id: server.id, name: tool.name };
  return (
    <div className="flex flex-col gap-3 rounded-lg border border-warning bg-warning-soft p-3">
      <p className="flex items-center gap-2 text-warning">
        <Icon name="warning" />
        Withheld: it changed or is new, and cannot be called until somebody approves it.
      </p>
      <Before server={server} tool={tool} />
      <Problem error={approve.error} />
      {mayApprove && (
        <div>
          <Button
            size="small"
            kind="primary"
            isPending={approve.isPending}
            onPress={() => approve.mutate({ params: { path }, body: { digest: tool.digest } })}
          >
            Approve this definition
          </Button>
        </div>
      )}
    </div>
  );
}

/** What the server said of the tool before. */
function Before({ server, tool }: Pick<ApproveProps, 'server' | 'tool'>) {
  const params = { path: { id: server.id }, query: { limit: 100 } };
  const { data } = api.useQuery('get', '/api/servers/{id}/capability-changes', { params });
  const last = data?.changes.find(({ kind, name }) => kind === 'tool' && name === tool.name);
  return (
    <More title={last?.before ? 'What it was before, and is now' : 'What it is now'}>
      {last?.before && <Code label="Before" text={JSON.stringify(last.before, null, 2)} />}
      <Code label="Now" text={JSON.stringify(tool.definition, null, 2)} />
    </More>
  );
}
