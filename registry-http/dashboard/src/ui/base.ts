import { useState } from 'react';
import { ApiError } from '@/api/error';

const CHANGED =
  'Somebody changed this meanwhile. What you typed is still here: look at it again, and save once more to replace their change.';

/**
 * The record that a form's change is made from, for `ifMatch`. When the API answers that it was changed meanwhile (412),
 * `settle` reads it anew: what was typed stays, and saving once more replaces what somebody else did.
 */
export function useBase<R extends { revision: number }>(
  record: R,
  read: () => Promise<R | undefined>,
  /** What is there now, in a few words. */
  describe?: (record: R) => string,
) {
  const [base, setBase] = useState(record);
  const settle = async (error: unknown): Promise<unknown> => {
    if (!(error instanceof ApiError) || error.status !== 412) return error;
    const now = await read().catch(() => undefined);
    if (!now) return error;
    setBase(now);
    const { status, code, requestId } = error;
    const told = describe ? `${CHANGED} It says now: ${describe(now)}.` : CHANGED;
    return new ApiError(status, told, { code, requestId });
  };
  return { base, setBase, settle };
}
