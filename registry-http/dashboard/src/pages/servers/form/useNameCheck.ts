import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { client } from '@/api/client';
import { ApiError } from '@/api/error';
import { queryClient } from '@/api/query';
import { nameSchema } from './schema';

const PAUSE_MS = 350;
const NAME_CHECK = 'name-check';

/** The name in URLs, by which names are told apart. */
export const slugOf = (name: string): string => name.trim().toLowerCase().replaceAll(/[ _]/g, '-');

export type NameState = 'free' | 'taken' | 'asking' | 'unknown';

/** Whether a server could have this name. `own` is the name that the server has already. While it is saved nothing is asked. */
export function useNameCheck(name: string, own: string | undefined, isSaving: boolean): NameState {
  const slug = slugOf(name);
  const settled = usePaused(slug);
  const isOwn = own !== undefined && slugOf(own) === slug;
  const isAsked = nameSchema.safeParse(name).success && !isOwn;
  const { data } = useQuery({
    queryKey: [NAME_CHECK, slug],
    queryFn: ({ signal }) => stateOf(slug, signal),
    enabled: isAsked && settled === slug && !isSaving,
    retry: false,
  });
  if (!isAsked) return 'unknown';
  return data ?? 'asking';
}

/** Gives up a question that is on its way: asked beside the saving itself, the name would be taken by its own server. */
export function endNameCheck(): void {
  void queryClient.cancelQueries({ queryKey: [NAME_CHECK] });
}

/** A description with this name, and an address for which no name server is asked: only what is said of the name counts. */
async function stateOf(slug: string, signal: AbortSignal): Promise<NameState> {
  try {
    const body = { name: slug, version: '1.0.0', endpointUrl: 'http://127.0.0.1/' };
    await client.POST('/api/servers/validate', { body, signal });
    return 'free';
  } catch (error) {
    if (!(error instanceof ApiError)) return 'unknown';
    if (error.status === 409) return 'taken';
    return error.status === 422 ? 'free' : 'unknown';
  }
}

function usePaused(value: string): string {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return paused;
}
