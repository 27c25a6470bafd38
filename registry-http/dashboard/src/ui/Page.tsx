import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { classes } from './class';
import { Icon } from './Icon';

export interface Crumb {
  name: string;
  to: string;
}

interface PageProps {
  title: string;
  /** What stands above this page. */
  crumbs?: readonly Crumb[];
  actions?: ReactNode;
  children: ReactNode;
}

/** A page: its heading gets the focus when one comes to it, so a screen reader says where one is. */
export function Page({ title, crumbs = [], actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · MCP Registry Gateway`;
  }, [title]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div className="mx-auto flex w-full max-w-7xl flex-col gap-5 px-4 py-6 sm:px-6">
      {crumbs.length > 0 && <Crumbs crumbs={crumbs} title={title} />}
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 ref={heading} tabIndex={-1} className="text-2xl font-bold outline-none">
          {title}
        </h1>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </div>
      {children}
    </div>
  );
}

function Crumbs({ crumbs, title }: { crumbs: readonly Crumb[]; title: string }) {
  return (
    <nav aria-label="Breadcrumbs">
      <ol className="flex flex-wrap items-center gap-1.5 text-sm text-quiet">
        {crumbs.map(({ name, to }) => (
          <li key={to} className="flex items-center gap-1.5">
            <Link to={to} className="underline-offset-2 hover:underline">
              {name}
            </Link>
            <Icon name="chevron" className="size-3" />
          </li>
        ))}
        <li aria-current="page">{title}</li>
      </ol>
    </nav>
  );
}

/** A part of a page, with its heading. */
export function Section({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-3" aria-label={title}>
      <div className="flex min-h-8 flex-wrap items-center justify-between gap-2">
        <h2 className="text-lg font-semibold">{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}

/** A fact and its name, in a `dl`. `isWide`: it has a row of its own. */
export function Fact({ name, isWide = false, children }: { name: string; isWide?: boolean; children: ReactNode }) {
  return (
    <div className={classes('flex min-w-0 flex-col', isWide && 'col-span-full')}>
      <dt className="text-sm text-quiet">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}
