import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react';

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
  const { columns, top } = usePlace(list, itemWidth);
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

/** How many columns there is room for, and where on the page the list begins. */
function usePlace(list: React.RefObject<HTMLDivElement | null>, itemWidth: number) {
  const [place, setPlace] = useState({ columns: 1, top: 0 });
  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    const measure = () => {
      const columns = Math.max(1, Math.floor((element.clientWidth + GAP) / (itemWidth + GAP)));
      const top = Math.round(element.getBoundingClientRect().top + window.scrollY);
      setPlace((before) => (before.columns === columns && before.top === top ? before : { columns, top }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [list, itemWidth]);
  return place;
}
