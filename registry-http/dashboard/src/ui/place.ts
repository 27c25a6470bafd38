import { type RefObject, useLayoutEffect, useState } from 'react';

/** Where on the page an element begins, and how wide it is, in pixels: as it is, whatever above it grows. */
export function usePlace(element: RefObject<HTMLElement | null>): { top: number; width: number } {
  const [place, setPlace] = useState({ top: 0, width: 0 });
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const measure = () => {
      const top = Math.round(current.getBoundingClientRect().top + window.scrollY);
      const width = current.clientWidth;
      setPlace((before) => (before.top === top && before.width === width ? before : { top, width }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element]);
  return place;
}
