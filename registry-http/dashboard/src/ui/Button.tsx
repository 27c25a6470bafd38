import { createLink, type LinkComponent } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, Ref } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button';
import { classes } from './class';

export type ButtonKind = 'primary' | 'plain' | 'quiet' | 'danger';

const BASE =
  'inline-flex items-center justify-center gap-2 rounded-lg font-medium whitespace-nowrap transition-colors disabled:opacity-50 aria-disabled:opacity-50';
const SIZES = { normal: 'min-h-9 px-3.5 py-1.5', small: 'min-h-8 px-2.5 py-1 text-sm' };
const KINDS: Record<ButtonKind, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong pressed:bg-accent-strong',
  plain: 'border border-control bg-surface text-text hover:bg-sunken',
  quiet: 'text-accent hover:bg-accent-soft',
  danger: 'bg-danger text-on-danger hover:opacity-90',
};

interface Look {
  kind?: ButtonKind | undefined;
  size?: keyof typeof SIZES | undefined;
}

function look({ kind = 'plain', size = 'normal' }: Look, className?: string): string {
  return classes(BASE, SIZES[size], KINDS[kind], className);
}

export type ButtonProps = Omit<AriaButtonProps, 'className'> &
  Look & { className?: string; ref?: Ref<HTMLButtonElement> };

/** Does something. While `isPending` it cannot be pressed again, and says so to screen readers. */
export function Button({ kind, size, className, ...rest }: ButtonProps) {
  return <AriaButton {...rest} className={look({ kind, size }, className)} />;
}

function Anchor({
  kind,
  size,
  className,
  children,
  ref,
  ...rest
}: AnchorHTMLAttributes<HTMLAnchorElement> & Look & { ref?: Ref<HTMLAnchorElement> }) {
  return (
    <a {...rest} ref={ref} className={look({ kind, size }, className)}>
      {children}
    </a>
  );
}

/** A link within the dashboard that looks like a button. */
export const ButtonLink: LinkComponent<typeof Anchor> = createLink(Anchor);
