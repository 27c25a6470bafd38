import { useWindowVirtualizer } from '@tanstack/react-virtual';
import type { RefObject } from 'react';
import { usePlace } from './place';

/** A table of so many rows is shown as a whole. */
const FEW = 40;
const USUAL_HEIGHT = 53;
const ROWS_BEYOND = 8;

interface RowsInSight {
  shown: readonly { index: number; measure: ((row: HTMLTableRowElement | null) => void) | undefined }[];
  /** The height of the rows that do not exist, before and after those that do. */
  before: number;
  after: number;
}

/** Which rows of a table have to exist, as far as the page is scrolled. */
export function useRowsInSight(body: RefObject<HTMLElement | null>, count: number): RowsInSight {
  const isLong = count > FEW;
  const { top } = usePlace(body);
  const rows = useWindowVirtualizer({
    count: isLong ? count : 0,
    estimateSize: () => USUAL_HEIGHT,
    overscan: ROWS_BEYOND,
    scrollMargin: top,
  });
  if (!isLong) {
    const shown = Array.from({ length: count }, (_, index) => ({ index, measure: undefined }));
    return { shown, before: 0, after: 0 };
  }
  const items = rows.getVirtualItems();
  const first = items[0]?.start ?? top;
  const end = items.at(-1)?.end ?? top;
  return {
    shown: items.map(({ index }) => ({ index, measure: rows.measureElement })),
    before: first - top,
    after: top + rows.getTotalSize() - end,
  };
}
