import { ApiError } from './error';

interface Read<T> {
  data?: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

/**
 * What a page shows of a query. What was read stays in sight while the service is away: the header says so, and it is
 * read anew when the service is back. Only that it is gone, or not to be seen any more, takes its place.
 */
export function kept<T>({ data, error, refetch }: Read<T>): Read<T> {
  const isShown = Boolean(error) && (data === undefined || isRefused(error));
  return { data, error: isShown ? error : undefined, refetch: () => void refetch() };
}

function isRefused(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 403 || error.status === 404);
}
