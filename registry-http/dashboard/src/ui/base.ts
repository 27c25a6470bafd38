import { useState } from 'react';
import { ApiError } from '@/api/error';

const CHANGED =
  'Somebody changed this meanwhile. What you typed is still here: look at it again, and save once more to replace their change.';

/** What to say in a question, which takes no form. */
export const confirmAnew = (): string =>
  'Somebody changed this meanwhile. Look whether you still mean it, and confirm once more.';

/** What to say in a form where the record says something else now. */
export const saysNow = (words: string): string => `${CHANGED} It says now: ${words}.`;

/**
 * The record that a change is made from, for `ifMatch`. When the API answers that it was changed meanwhile (412),
 * `settle` reads it anew: what was typed stays, and saving once more replaces what somebody else did.
 */
export function useBase<R extends { revision: number }>(
  record: R,
  read: () => Promise<R | undefined>,
  /** What to say, given the record as it is now. */
  tell: (record: R) => string = () => CHANGED,
) {
  const [base, setBase] = useState(record);
  const settle = async (error: unknown): Promise<unknown> => {
    if (!(error instanceof ApiError) || error.status !== 412) return error;
    const now = await read().catch(() => undefined);
    if (!now) return error;
    setBase(now);
    const { status, code, requestId } = error;
    return new ApiError(status, tell(now), { code, requestId });
  };
  return { base, setBase, settle };
}
