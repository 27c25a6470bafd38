import { ApiError, messageOf } from '@/api/error';

/** What went wrong, read out at once. Nothing, if nothing did. */
export function Problem({ error }: { error: unknown }) {
  if (!error) return null;
  const requestId = error instanceof ApiError ? error.requestId : undefined;
  return (
    <div role="alert" className="rounded-lg border border-danger bg-danger-soft px-3 py-2 text-danger">
      {messageOf(error)}
      {requestId && <span className="block font-mono text-xs">Request {requestId}</span>}
    </div>
  );
}
