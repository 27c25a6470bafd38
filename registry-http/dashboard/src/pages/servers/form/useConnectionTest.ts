import { useState } from 'react';
import { api } from '@/api/client';
import type { TestResult } from '@/api/schema';
import { registration } from './body';
import type { ServerValues } from './schema';

export interface ConnectionTest {
  run: (values: ServerValues) => void;
  isPending: boolean;
  result: TestResult | undefined;
  error: unknown;
}

/** Tries a server as it was typed. What was found is forgotten when something else is typed. */
export function useConnectionTest(typed: ServerValues, onRefused: (error: unknown) => void): ConnectionTest {
  const [tried, setTried] = useState<string>();
  const test = api.useMutation('post', '/api/servers/test', { onError: onRefused });
  const now = described(typed);
  const isOld = tried !== now;
  const run = (values: ServerValues) => {
    setTried(now);
    test.mutate({ body: registration(values) });
  };
  return {
    run,
    isPending: test.isPending,
    result: isOld ? undefined : test.data,
    error: isOld ? null : test.error,
  };
}

/** All that a test depends on, as one text. */
function described(values: ServerValues): string {
  return JSON.stringify({ ...values, validateConnection: true });
}
