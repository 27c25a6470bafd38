import { Button } from 'react-aria-components/Button';
import { Label } from 'react-aria-components/Label';
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { Popover } from 'react-aria-components/Popover';
import { Select as AriaSelect, SelectValue } from 'react-aria-components/Select';
import { type FieldValues, useController } from 'react-hook-form';
import { classes } from './class';
import { type FieldProps, Help, INPUT, LABEL } from './Field';
import { Icon } from './Icon';

export interface Option<K extends string = string> {
  id: K;
  name: string;
  help?: string;
}

interface SelectProps<K extends string> {
  label: string;
  options: readonly Option<K>[];
  value: K;
  onChange: (value: K) => void;
  /** The label is for screen readers alone. */
  hideLabel?: boolean;
  help?: string | undefined;
  problem?: string | undefined;
  isDisabled?: boolean | undefined;
}

/** One of a few. */
export function Select<K extends string>({
  label,
  options,
  value,
  onChange,
  hideLabel,
  help,
  problem,
  isDisabled,
}: SelectProps<K>) {
  return (
    <AriaSelect
      className="flex min-w-0 flex-col gap-1"
      {...(hideLabel && { 'aria-label': label })}
      value={value}
      onChange={(key) => key !== null && onChange(key as K)}
      isInvalid={problem !== undefined}
      isDisabled={isDisabled ?? false}
      validationBehavior="aria"
    >
      {!hideLabel && <Label className={LABEL}>{label}</Label>}
      <Button className={classes(INPUT, 'flex items-center justify-between gap-2 text-left')}>
        <SelectValue className="truncate">{({ selectedText }) => selectedText}</SelectValue>
        <Icon name="chevron" className="size-4 rotate-90 text-quiet" />
      </Button>
      <Help help={help} problem={problem} />
      <Popover className="max-h-80 min-w-(--trigger-width) overflow-auto rounded-lg border border-line bg-raised p-1 shadow-overlay">
        <ListBox items={options}>
          {(option: Option) => (
            <ListBoxItem
              id={option.id}
              textValue={option.name}
              className="cursor-pointer rounded-md px-3 py-1.5 focus:bg-accent-soft selected:font-semibold"
            >
              {option.name}
              {option.help && <span className="block text-sm font-normal text-quiet">{option.help}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

/** One of a few, in a form. */
export function SelectField<T extends FieldValues, K extends string>({
  control,
  name,
  label,
  help,
  options,
}: FieldProps<T> & { label: string; help?: string; options: readonly Option<K>[] }) {
  const { field, fieldState } = useController({ control, name });
  return (
    <Select
      label={label}
      help={help}
      options={options}
      value={field.value}
      onChange={field.onChange}
      problem={fieldState.error?.message}
    />
  );
}
