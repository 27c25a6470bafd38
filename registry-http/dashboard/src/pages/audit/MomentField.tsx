import { useId } from 'react';
import { INPUT, LABEL } from '@/ui/Field';

const MINUTE_MS = 60_000;
const LENGTH = 'YYYY-MM-DDThh:mm'.length;

/** A moment in the time of this place; in the address it is one for everybody. */
export function MomentField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange: (moment: string | undefined) => void;
}) {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className={LABEL}>
        {label}
      </label>
      <input
        id={id}
        type="datetime-local"
        className={INPUT}
        value={value === undefined ? '' : local(value)}
        onChange={({ target }) => onChange(target.value === '' ? undefined : new Date(target.value).toISOString())}
      />
    </div>
  );
}

/** As the field has it: the clock of this place, to the minute. */
function local(moment: string): string {
  const date = new Date(moment);
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * MINUTE_MS);
  return shifted.toISOString().slice(0, LENGTH);
}
