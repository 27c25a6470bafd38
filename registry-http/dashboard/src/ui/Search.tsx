import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Input } from 'react-aria-components/Input';
import { SearchField } from 'react-aria-components/SearchField';
import { INPUT } from './Field';
import { Icon } from './Icon';

/** A list is asked for again when nobody has typed for this long. */
const PAUSE_MS = 250;

/** A search that follows what is typed. `value` is what is searched for now, such as that of the address. */
export function Search({ label, value, onSearch }: { label: string; value: string; onSearch: (text: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [searched, setSearched] = useState(value);
  if (searched !== value) {
    setSearched(value);
    setTyped(value);
  }
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onSearch(typed), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, value, onSearch]);
  return (
    <SearchField aria-label={label} value={typed} onChange={setTyped} className="group relative w-full sm:w-72">
      <Icon name="search" className="pointer-events-none absolute top-2.5 left-3 size-4 text-quiet" />
      <Input placeholder={label} className={`${INPUT} pl-9 [&::-webkit-search-cancel-button]:hidden`} />
      <Button className="absolute top-1.5 right-1.5 rounded p-1 text-quiet group-empty:hidden">
        <Icon name="close" className="size-4" />
      </Button>
    </SearchField>
  );
}
