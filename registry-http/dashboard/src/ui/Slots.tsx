import { type KeyboardEvent, type ReactNode, useId, useRef } from 'react';
import { classes } from './class';

export interface Slot {
  id: string;
  /** All that the slot shows, for who does not see it. */
  words: string;
}

interface SlotsProps<T extends Slot> {
  label: string;
  slots: readonly T[];
  /** Which one is read, if one is. */
  read: number | undefined;
  onRead: (index: number | undefined) => void;
  children?: (slot: T) => ReactNode;
  className?: string;
}

/**
 * Parts of time beside each other, of which one is read: with the pointer, or with the arrow keys. All of them are one
 * stop of the Tab key, since a page has hundreds.
 */
export function Slots<T extends Slot>({ label, slots, read, onRead, children, className }: SlotsProps<T>) {
  const id = useId();
  const hasFocus = useRef(false);
  const last = slots.length - 1;
  const onKeyDown = (event: KeyboardEvent) => {
    const next = target(event.key, read ?? last, last);
    if (next === undefined) return;
    event.preventDefault();
    onRead(next);
  };
  const focus = (has: boolean) => {
    hasFocus.current = has;
    onRead(has ? (read ?? last) : undefined);
  };
  return (
    <div
      role="listbox"
      aria-label={label}
      aria-orientation="horizontal"
      aria-activedescendant={read === undefined ? undefined : `${id}${read}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onFocus={() => focus(true)}
      onBlur={() => focus(false)}
      onPointerLeave={() => !hasFocus.current && onRead(undefined)}
      className={classes('flex rounded', className)}
    >
      {slots.map((slot, index) => (
        <div
          key={slot.id}
          id={`${id}${index}`}
          role="option"
          aria-selected={index === read}
          aria-label={slot.words}
          onPointerEnter={() => onRead(index)}
          className="h-full min-w-0 flex-1"
        >
          {children?.(slot)}
        </div>
      ))}
    </div>
  );
}

/** Where a key leads to from `index`. */
function target(key: string, index: number, last: number): number | undefined {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowUp':
      return Math.max(index - 1, 0);
    case 'ArrowRight':
    case 'ArrowDown':
      return Math.min(index + 1, last);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}
