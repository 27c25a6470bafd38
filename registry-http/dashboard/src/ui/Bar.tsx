const WHOLE = 100;

/** How much of the whole something is. The number stands beside it in words: screen readers pass over the bar. */
export function Bar({ value, max }: { value: number; max: number }) {
  const part = max > 0 ? Math.min(value / max, 1) * WHOLE : 0;
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${WHOLE} 1`}
      preserveAspectRatio="none"
      className="h-1.5 w-full overflow-hidden rounded-full bg-sunken"
    >
      <rect width={part} height="1" className="fill-accent" />
    </svg>
  );
}
