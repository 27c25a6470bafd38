import { useState } from 'react';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import { invalidate } from '@/api/query';
import type { User } from '@/api/schema';
import { Button } from '@/ui/Button';
import { ConfirmDialog } from '@/ui/Dialog';
import { Section } from '@/ui/Page';
import { Sessions } from '@/ui/Sessions';
import { ErrorState, Skeleton } from '@/ui/States';
import { say } from '@/ui/Toast';
import { Warning } from '@/ui/Warning';

/** Where a user is signed in. */
export function UserSessions({ user, isMe }: { user: User; isMe: boolean }) {
  const params = { path: { id: user.id } };
  const { data, error, refetch } = kept(api.useQuery('get', '/api/users/{id}/sessions', { params }));
  const [isAsking, setAsking] = useState(false);
  const end = api.useMutation('delete', '/api/users/{id}/sessions', {
    onSuccess: async ({ ended }) => {
      setAsking(false);
      say(`${ended} ${ended === 1 ? 'session has' : 'sessions have'} ended.`);
      await invalidate('/api/users');
    },
  });
  const action = data && data.sessions.length > 0 && (
    <Button size="small" onPress={() => setAsking(true)}>
      End all
    </Button>
  );
  return (
    <Section title="Sessions" actions={action}>
      {error ? (
        <ErrorState error={error} onRetry={refetch} />
      ) : !data ? (
        <Skeleton lines={1} />
      ) : data.sessions.length === 0 ? (
        <p className="text-quiet">Not signed in anywhere.</p>
      ) : (
        <Sessions sessions={data.sessions} />
      )}
      <ConfirmDialog
        title={`End all sessions of ${user.username}?`}
        action="End sessions"
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => end.mutate({ params })}
        isPending={end.isPending}
        error={end.error}
      >
        <p>The user has to sign in again everywhere. Keys go on.</p>
        {isMe && <Warning>This is you: the session of this page ends too.</Warning>}
      </ConfirmDialog>
    </Section>
  );
}
