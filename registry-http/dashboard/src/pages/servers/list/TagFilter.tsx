import { type KeyboardEvent, useState } from 'react';
import { INPUT } from '@/ui/Field';
import { Icon } from '@/ui/Icon';

/** Only servers with all of these tags. */
export function TagFilter({ tags, onChange }: { tags: readonly string[]; onChange: (tags: string[]) => void }) {
  const [typed, setTyped] = useState('');
  const add = (event: KeyboardEvent) => {
    const tag = typed.trim();
    if (event.key !== 'Enter' || !/^[A-Za-z0-9_-]{1,50}$/.test(tag)) return;
    setTyped('');
    if (!tags.includes(tag)) onChange([...tags, tag]);
  };
  return (
    <div className="col-span-full flex flex-wrap items-center gap-1.5">
      <input
        aria-label="Filter by tag: type one, then Enter"
        placeholder="Tag, then Enter"
        value={typed}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        onKeyDown={add}
        className={`${INPUT} sm:w-36!`}
      />
      {tags.map((tag) => (
        <button
          key={tag}
          type="button"
          aria-label={`No longer filter by the tag ${tag}`}
          onClick={() => onChange(tags.filter((other) => other !== tag))}
          className="inline-flex min-h-8 items-center gap-1 rounded-full bg-accent-soft px-3 text-sm text-accent"
        >
          {tag}
          <Icon name="close" className="size-3.5" />
        </button>
      ))}
    </div>
  );
}
