import { useRef, useState } from 'react';
import { api } from '@/api/client';
import { kept } from '@/api/kept';
import { invalidate } from '@/api/query';
import type { Session } from '@/api/schema';
import { Button } from '@/ui/Button';
import { ConfirmDialog } from '@/ui/Dialog';
import { Section } from '@/ui/Page';
import { programOf } from '@/ui/program';
import { Sessions } from '@/ui/Sessions';
import { ErrorState, Skeleton } from '@/ui/States';
import { say, sayFailure } from '@/ui/Toast';

/** Where one is signed in, and the end of that. */
export function OwnSessions() {
  const { data, error, refetch } = kept(api.useQuery('get', '/api/users/me/sessions'));
  const list = useRef<HTMLDivElement>(null);
  const ended = async (text: string) => {
    // The button that had the focus is gone.
    list.current?.focus();
    say(text);
    await invalidate('/api/users/me/sessions');
  };
  const hasOthers = data?.sessions.some(({ isCurrent }) => !isCurrent) ?? false;
  return (
    <Section title="Sessions" actions={hasOthers && <EndOthers onEnded={ended} />}>
      {error ? (
        <ErrorState error={error} onRetry={refetch} />
      ) : !data ? (
        <Skeleton lines={2} className="h-20" />
      ) : (
        <div ref={list} tabIndex={-1} className="card p-4 outline-none sm:p-5">
          <Sessions
            sessions={data.sessions}
            action={(session) => !session.isCurrent && <EndOne session={session} onEnded={ended} />}
          />
        </div>
      )}
    </Section>
  );
}

interface EndProps {
  onEnded: (text: string) => Promise<void>;
}

function EndOne({ session, onEnded }: EndProps & { session: Session }) {
  const program = programOf(session.userAgent);
  const end = api.useMutation('delete', '/api/users/me/sessions/{id}', {
    onSuccess: () => onEnded(`The session of ${program} has ended.`),
    onError: sayFailure,
  });
  return (
    <Button
      size="small"
      aria-label={`End the session of ${program}`}
      isPending={end.isPending}
      onPress={() => end.mutate({ params: { path: { id: session.id } } })}
    >
      End
    </Button>
  );
}

function EndOthers({ onEnded }: EndProps) {
  const [isOpen, setOpen] = useState(false);
  const end = api.useMutation('delete', '/api/users/me/sessions', {
    onSuccess: async () => {
      setOpen(false);
      await onEnded('Your other sessions have ended.');
    },
  });
  return (
    <>
      <Button size="small" onPress={() => setOpen(true)}>
        End all others
      </Button>
      <ConfirmDialog
        title="End your other sessions?"
        action="End other sessions"
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        onConfirm={() => end.mutate({})}
        isPending={end.isPending}
        error={end.error}
      >
        <p>Wherever else you are signed in, you are signed out at once. This session goes on.</p>
      </ConfirmDialog>
    </>
  );
}
