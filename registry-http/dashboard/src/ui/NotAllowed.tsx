import { ButtonLink } from './Button';
import { EmptyState } from './States';

/** The page is for others: somebody came to it by its address. */
export function NotAllowed({ who }: { who: string }) {
  return (
    <EmptyState
      icon="warning"
      title="This page is not for your role"
      action={<ButtonLink to="/">To the dashboard</ButtonLink>}
    >
      It is for {who}. If you need it, ask an administrator.
    </EmptyState>
  );
}
