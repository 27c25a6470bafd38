import type { Pagination } from '@/api/schema';
import { Button } from './Button';
import { count } from './format';

/** Which page of a list is shown, and the way to the next. */
export function Pages({
  pagination,
  onPage,
  noun,
}: {
  pagination: Pagination;
  onPage: (page: number) => void;
  noun: string;
}) {
  const { page, limit, total, totalPages } = pagination;
  const first = total === 0 ? 0 : (page - 1) * limit + 1;
  const last = Math.min(page * limit, total);
  return (
    <nav aria-label={`Pages of ${noun}`} className="flex flex-wrap items-center justify-between gap-3 text-sm">
      <p aria-live="polite" className="text-quiet">
        {total === 0 ? `No ${noun}` : `${count(first)}–${count(last)} of ${count(total)} ${noun}`}
      </p>
      {totalPages > 1 && (
        <div className="flex items-center gap-2">
          <Button size="small" isDisabled={page <= 1} onPress={() => onPage(page - 1)}>
            Previous
          </Button>
          <span>
            Page {page} of {totalPages}
          </span>
          <Button size="small" isDisabled={page >= totalPages} onPress={() => onPage(page + 1)}>
            Next
          </Button>
        </div>
      )}
    </nav>
  );
}
