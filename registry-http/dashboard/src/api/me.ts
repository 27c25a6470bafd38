import { useSuspenseQuery } from '@tanstack/react-query';
import { api } from './client';
import type { Me } from './schema';

/** The query of who is signed in. */
export const meQuery = api.queryOptions('get', '/api/users/me');

/** Who is signed in. */
export function useMe(): Me {
  const { data } = useSuspenseQuery(meQuery);
  return data;
}
