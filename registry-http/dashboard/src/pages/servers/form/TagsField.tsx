import { type KeyboardEvent, useId, useState } from 'react';
import { type FieldValues, useController } from 'react-hook-form';
import { type FieldProps, INPUT, LABEL } from '@/ui/Field';
import { Icon } from '@/ui/Icon';

/** Words, added one by one. What was typed and not added yet is added when one goes on. */
export function TagsField<T extends FieldValues>({ control, name, label, help }: FieldProps<T>) {
  const {
    field: { ref, value, onChange },
    fieldState,
  } = useController({ control, name });
  const [typed, setTyped] = useState('');
  const id = useId();
  const tags = value as string[];
  const add = () => {
    const added = typed.split(/[,\s]+/).filter(Boolean);
    setTyped('');
    if (added.length > 0) onChange([...new Set([...tags, ...added])]);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Backspace' && typed === '') onChange(tags.slice(0, -1));
    if (event.key !== 'Enter' && event.key !== ',') return;
    event.preventDefault();
    add();
  };
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className={LABEL}>
        {label}
      </label>
      <div className={`${INPUT} flex max-h-40 flex-wrap items-center gap-1.5 overflow-y-auto py-1!`}>
        {tags.map((tag) => (
          <Tag key={tag} tag={tag} onRemove={() => onChange(tags.filter((other) => other !== tag))} />
        ))}
        <input
          ref={ref}
          id={id}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          onKeyDown={onKeyDown}
          onBlur={add}
          aria-describedby={`${id}-help`}
          aria-invalid={fieldState.invalid}
          className="min-w-24 flex-1 bg-transparent py-1 outline-offset-4"
        />
      </div>
      <p id={`${id}-help`} className={`text-sm ${fieldState.invalid ? 'text-danger' : 'text-quiet'}`}>
        {fieldState.invalid ? problemOf(fieldState.error) : help}
      </p>
    </div>
  );
}

function Tag({ tag, onRemove }: { tag: string; onRemove: () => void }) {
  return (
    <span className="inline-flex items-center gap-1 rounded-full bg-accent-soft py-0.5 pr-1 pl-2.5 text-sm text-accent">
      {tag}
      <button type="button" aria-label={`Take the tag ${tag} away`} onClick={onRemove} className="rounded-full p-0.5">
        <Icon name="close" className="size-3" />
      </button>
    </span>
  );
}

/** Of a list, what is wrong with it, or with the first of its words that has a problem. */
function problemOf(error: unknown): string | undefined {
  const { message } = (error ?? {}) as { message?: string };
  if (message) return message;
  const first = Array.isArray(error) ? (error as ({ message?: string } | undefined)[]).find(Boolean) : undefined;
  return first?.message;
}
