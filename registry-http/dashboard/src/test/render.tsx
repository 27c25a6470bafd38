import { QueryClientProvider } from '@tanstack/react-query';
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { type ReactNode, Suspense } from 'react';
import { queryClient } from '@/api/query';
import { closeNotes, Toasts } from '@/ui/Toast';

interface Place {
  /** The route as router.tsx has it, such as `/servers/$serverId`. */
  route?: string;
  /** Where one is on it, with the filters. */
  at?: string;
  /** The page's `search.ts`. */
  search?: { parse: (search: unknown) => object };
}

/** Shows a page by itself, without the shell, as somebody with a keyboard and a mouse sees it. */
export function renderPage(Page: () => ReactNode, { route = '/', at = route, search }: Place = {}) {
  queryClient.clear();
  closeNotes();
  const root = createRootRoute({ component: Frame });
  const page = createRoute({
    getParentRoute: () => root,
    path: route,
    component: Page,
    validateSearch: (given: object) => search?.parse(given) ?? given,
  });
  const elsewhere = createRoute({ getParentRoute: () => root, path: '$', component: () => <p>Another page</p> });
  const history = createMemoryHistory({ initialEntries: [at] });
  const router = createRouter({ routeTree: root.addChildren([page, elsewhere]), history });
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  return { user: userEvent.setup(), history };
}

function Frame() {
  return (
    <Suspense fallback={null}>
      <Outlet />
      <Toasts />
    </Suspense>
  );
}
