import { QueryClient, type QueryKey } from '@tanstack/react-query';
import { ApiError } from './error';

/** Answers are good for this long without being asked for again; live events end them sooner. */
const FRESH_MS = 30_000;
const RETRIES = 2;

/** Only what may pass by itself is tried again: no answer, or the service is not able to at the moment. */
function mayPass(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 502);
}

/** The cache of answers. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: FRESH_MS, retry: (count, error) => count < RETRIES && mayPass(error) },
    mutations: { retry: false },
  },
});

/** Asks anew for whatever is shown and begins with one of these paths. */
export async function invalidate(...prefixes: string[]): Promise<void> {
  const matches = ({ queryKey }: { queryKey: QueryKey }) =>
    prefixes.some((prefix) => typeof queryKey[1] === 'string' && queryKey[1].startsWith(prefix));
  await queryClient.invalidateQueries({ predicate: matches });
}
