interface DataTableProps {
  caption: string;
  head: readonly string[];
  /** Cells of texts; the first of each row names it. */
  rows: readonly (readonly string[])[];
}

/** What a picture shows, as a table. It scrolls within itself. */
export function DataTable({ caption, head, rows }: DataTableProps) {
  return (
    <div
      role="region"
      aria-label={caption}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- who has no mouse scrolls it by its focus
      tabIndex={0}
      className="relative max-h-72 overflow-auto rounded-lg border border-line"
    >
      <table className="w-full border-collapse text-left text-sm wrap-break-word">
        <caption className="sr-only">{caption}</caption>
        <thead className="sticky top-0 bg-sunken text-quiet">
          <tr>
            {head.map((name) => (
              <th key={name} scope="col" className="px-2 py-1 font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, ...cells], row) => (
            <tr key={row} className="border-t border-line tabular-nums">
              <th scope="row" className="px-2 py-1 font-normal">
                {name}
              </th>
              {cells.map((cell, column) => (
                <td key={column} className="px-2 py-1">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
