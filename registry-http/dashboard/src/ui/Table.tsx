import { type ColumnMeta, flexRender, type Row, type RowData, type Table as TableModel } from '@tanstack/react-table';
import { memo, useRef } from 'react';
import { classes } from './class';
import { useRowsInSight } from './rows';

declare module '@tanstack/react-table' {
  interface ColumnMeta<TData extends RowData, TValue> {
    /** The cells say which record the row is about: they are row headers. */
    isRowHeader?: boolean;
    /** Words of people, which may be long and without a space: they break anywhere. */
    isText?: boolean;
    /** Numbers stand below each other at the right. */
    isNumber?: boolean;
    /** Not on narrow screens. */
    isWideOnly?: boolean;
    /** Only on screens that are wider than most. */
    isWidestOnly?: boolean;
    /** Stays in view while the rest scrolls sideways: what can be done with a record. */
    isSticky?: boolean;
    readonly unused?: [TData, TValue];
  }
}

/** A table of TanStack Table. It scrolls sideways within itself on a narrow screen. */
export function Table<T>({ table, caption }: { table: TableModel<T>; caption: string }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- who has no mouse scrolls it by its focus
    <div className="card relative overflow-x-auto" role="region" aria-label={caption} tabIndex={0}>
      <table className="w-full border-collapse text-left wrap-break-word">
        <caption className="sr-only">{caption}</caption>
        <Head table={table} />
        <Body table={table} />
      </table>
    </div>
  );
}

function Head<T>({ table }: { table: TableModel<T> }) {
  return (
    <thead className="border-b border-line text-sm text-quiet">
      {table.getHeaderGroups().map((group) => (
        <tr key={group.id} className="bg-surface">
          {group.headers.map((header) => {
            const sorted = header.column.getIsSorted();
            const name = flexRender(header.column.columnDef.header, header.getContext());
            return (
              <th
                key={header.id}
                scope="col"
                aria-sort={sorted ? (sorted === 'asc' ? 'ascending' : 'descending') : undefined}
                className={classes('px-3 py-2 font-medium whitespace-nowrap', cell(header.column.columnDef.meta))}
              >
                {header.column.getCanSort() ? (
                  <button
                    type="button"
                    onClick={header.column.getToggleSortingHandler()}
                    className="inline-flex items-center gap-1 font-medium hover:text-text"
                  >
                    {name}
                    <span aria-hidden="true">{sorted ? (sorted === 'asc' ? '↑' : '↓') : '↕'}</span>
                  </button>
                ) : (
                  name
                )}
              </th>
            );
          })}
        </tr>
      ))}
    </thead>
  );
}

/** Of a long table only the rows near the visible part of the page exist. */
function Body<T>({ table }: { table: TableModel<T> }) {
  const { rows } = table.getRowModel();
  const body = useRef<HTMLTableSectionElement>(null);
  const { shown, before, after } = useRowsInSight(body, rows.length);
  return (
    <tbody ref={body}>
      {before > 0 && <tr aria-hidden="true" style={{ height: before }} />}
      {shown.map(({ index, measure }) => {
        const row = rows[index];
        return (
          row && <BodyRow key={row.id} row={row} columns={table.options.columns} index={index} measure={measure} />
        );
      })}
      {after > 0 && <tr aria-hidden="true" style={{ height: after }} />}
    </tbody>
  );
}

interface BodyRowProps<T> {
  row: Row<T>;
  /** How its cells are made: with others the row is made anew. */
  columns: unknown;
  index: number;
  measure: ((row: HTMLTableRowElement | null) => void) | undefined;
}

function RowOf<T>({ row, index, measure }: BodyRowProps<T>) {
  return (
    <tr
      ref={measure}
      data-index={index}
      // The head is the first row.
      aria-rowindex={index + 2}
      className="border-b border-line bg-surface last:border-0 hover:bg-sunken"
    >
      {row.getVisibleCells().map(({ id, column, getContext }) => {
        const content = flexRender(column.columnDef.cell, getContext());
        const look = classes('px-3 py-2.5', cell(column.columnDef.meta));
        return column.columnDef.meta?.isRowHeader ? (
          <th key={id} scope="row" className={classes(look, 'min-w-32 font-medium wrap-anywhere sm:min-w-40')}>
            {content}
          </th>
        ) : (
          <td key={id} className={look}>
            {content}
          </td>
        );
      })}
    </tr>
  );
}

/** Rows that only come into sight do not make the others anew. */
const BodyRow = memo(RowOf) as typeof RowOf;

type Look = Pick<ColumnMeta<never, never>, 'isText' | 'isNumber' | 'isWideOnly' | 'isWidestOnly' | 'isSticky'>;

function cell(meta: Look | undefined): string {
  return classes(
    meta?.isText && 'min-w-28 wrap-anywhere',
    meta?.isNumber && 'text-right tabular-nums whitespace-nowrap',
    meta?.isWideOnly && 'hidden lg:table-cell',
    meta?.isWidestOnly && 'hidden 2xl:table-cell',
    meta?.isSticky && 'sticky right-0 bg-inherit shadow-[inset_1px_0_var(--color-line)] lg:shadow-none',
  );
}
