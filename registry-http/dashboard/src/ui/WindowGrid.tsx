import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef } from 'react';
import { usePlace } from './place';

interface WindowGridProps<T> {
  label: string;
  items: readonly T[];
  /** The least width of an item, in pixels. */
  itemWidth: number;
  /** About how high an item is, in pixels: each is measured when it is shown. */
  itemHeight: number;
  keyOf: (item: T) => string;
  children: (item: T) => ReactNode;
}

const GAP = 16;
const ROWS_BEYOND = 3;

/** Items side by side, of which only those near the visible part of the page exist: a thousand scroll as ten do. */
export function WindowGrid<T>({ label, items, itemWidth, itemHeight, keyOf, children }: WindowGridProps<T>) {
  const list = useRef<HTMLDivElement>(null);
  const { top, width } = usePlace(list);
  const columns = Math.max(1, Math.floor((width + GAP) / (itemWidth + GAP)));
  const rows = useWindowVirtualizer({
    count: Math.ceil(items.length / columns),
    estimateSize: () => itemHeight,
    overscan: ROWS_BEYOND,
    gap: GAP,
    scrollMargin: top,
  });
  return (
    <div ref={list} role="list" aria-label={label} className="relative" style={{ height: rows.getTotalSize() }}>
      {rows.getVirtualItems().map(({ index, key, start }) => (
        <div
          key={key}
          ref={rows.measureElement}
          data-index={index}
          role="presentation"
          className="absolute inset-x-0 grid gap-4"
          style={{
            transform: `translateY(${start - top}px)`,
            gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
          }}
        >
          {items.slice(index * columns, (index + 1) * columns).map((item, column) => (
            <div
              key={keyOf(item)}
              role="listitem"
              aria-posinset={index * columns + column + 1}
              aria-setsize={items.length}
            >
              {children(item)}
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}
