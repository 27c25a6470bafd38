import { CheckboxGroup } from 'react-aria-components/CheckboxGroup';
import { CheckboxButton, CheckboxField } from 'react-aria-components/Checkbox';
import { Label } from 'react-aria-components/Label';
import { type FieldValues, useController } from 'react-hook-form';
import { type FieldProps, Help, LABEL } from './Field';
import { Icon } from './Icon';
import type { Option } from './Select';

type ChecksProps<T extends FieldValues> = FieldProps<T> & { options: readonly Option[] };

/** Several of a few, in a form: the value is a list of their ids. */
export function ChecksField<T extends FieldValues>({ control, name, label, help, options }: ChecksProps<T>) {
  const { field, fieldState } = useController({ control, name });
  return (
    <CheckboxGroup
      value={field.value as string[]}
      onChange={field.onChange}
      isInvalid={fieldState.invalid}
      validationBehavior="aria"
      className="flex flex-col gap-2"
    >
      <Label className={LABEL}>{label}</Label>
      <div className="grid gap-2 sm:grid-cols-2">
        {options.map((option) => (
          <Check key={option.id} option={option} />
        ))}
      </div>
      <Help help={help} problem={fieldState.error?.message} />
    </CheckboxGroup>
  );
}

function Check({ option: { id, name, help } }: { option: Option }) {
  return (
    <CheckboxField value={id}>
      <CheckboxButton className="group flex items-start gap-2">
        <span className="mt-0.5 grid size-4.5 shrink-0 place-items-center rounded border border-control bg-surface text-on-accent group-selected:border-accent group-selected:bg-accent group-focus-visible:outline-2 group-focus-visible:outline-offset-2 group-focus-visible:outline-accent">
          <Icon name="check" className="hidden size-3.5 group-selected:block" />
        </span>
        <span className="flex flex-col">
          {name}
          {help && <span className="text-sm text-quiet">{help}</span>}
        </span>
      </CheckboxButton>
    </CheckboxField>
  );
}
