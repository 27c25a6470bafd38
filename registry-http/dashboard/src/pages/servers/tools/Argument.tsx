import { type Control, useController } from 'react-hook-form';
import { TextField } from '@/ui/Field';
import { Select } from '@/ui/Select';
import type { ToolField } from './schema';
import type { TryValues } from './useTry';

interface ArgumentProps {
  control: Control<TryValues>;
  field: ToolField;
  index: number;
}

const NOT_GIVEN = { id: '', name: 'Not given' };
const YES_NO = [
  { id: 'true', name: 'Yes' },
  { id: 'false', name: 'No' },
];

/** One argument of a tool. */
export function Argument({ control, field, index }: ArgumentProps) {
  const { kind, label, help, isRequired, options } = field;
  if (kind === 'yesno' || kind === 'choice') {
    return (
      <ChoiceArgument
        control={control}
        field={field}
        index={index}
        options={kind === 'yesno' ? YES_NO : options.map(named)}
      />
    );
  }
  const isLong = kind === 'long' || kind === 'lines' || kind === 'json';
  return (
    <TextField
      control={control}
      name={`values.${index}`}
      label={isRequired ? label : `${label} (optional)`}
      help={[help, HELP[kind]].filter(Boolean).join(' ')}
      isRequired={isRequired}
      monospace={kind === 'json'}
      {...(isLong && { rows: 4 })}
      {...(kind === 'whole' && { inputMode: 'numeric' as const })}
      {...(kind === 'number' && { inputMode: 'decimal' as const })}
    />
  );
}

const HELP: Partial<Record<ToolField['kind'], string>> = { lines: 'One in each line.', json: 'As JSON.' };

function ChoiceArgument({
  control,
  field,
  index,
  options,
}: ArgumentProps & { options: { id: string; name: string }[] }) {
  const { field: input, fieldState } = useController({ control, name: `values.${index}` });
  return (
    <Select
      label={field.isRequired ? field.label : `${field.label} (optional)`}
      help={field.help || undefined}
      options={[NOT_GIVEN, ...options]}
      value={input.value}
      onChange={input.onChange}
      problem={fieldState.error?.message}
    />
  );
}

/** A choice that is a text is shown without its quotes. */
function named(json: string) {
  const value = JSON.parse(json) as unknown;
  return { id: json, name: typeof value === 'string' ? value : json };
}
