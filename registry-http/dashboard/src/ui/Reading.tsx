import { type ReactNode, useState } from 'react';
import { ToggleButton } from 'react-aria-components/ToggleButton';

/** What stands below a picture of data: its summary or the part that is read, and the way to a table of all of it. */
export function Reading({ words, label, table }: { words: ReactNode; label: string; table: () => ReactNode }) {
  const [isTable, setTable] = useState(false);
  return (
    <>
      <div className="flex items-start justify-between gap-3 text-sm text-quiet">
        <p className="min-w-0 tabular-nums">{words}</p>
        <ToggleButton
          isSelected={isTable}
          onChange={setTable}
          aria-label={`${label} as a table`}
          className="shrink-0 rounded px-1 text-accent underline-offset-2 hover:underline selected:underline"
        >
          Table
        </ToggleButton>
      </div>
      {isTable && table()}
    </>
  );
}
