import { ButtonLink } from '@/ui/Button';
import { Page } from '@/ui/Page';
import { EmptyState } from '@/ui/States';

/** There is no such page. */
export function NotFound() {
  return (
    <Page title="No such page">
      <EmptyState
        icon="search"
        title="There is nothing at this address"
        action={<ButtonLink to="/">To the dashboard</ButtonLink>}
      >
        The address may be mistyped, or the page has moved.
      </EmptyState>
    </Page>
  );
}
