import type { ReactNode } from 'react';
import { FieldError } from 'react-aria-components/FieldError';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { Text } from 'react-aria-components/Text';
import { TextArea } from 'react-aria-components/TextArea';
import { TextField as AriaTextField, type TextFieldProps as AriaTextFieldProps } from 'react-aria-components/TextField';
import { type Control, type FieldPath, type FieldValues, useController } from 'react-hook-form';
import { classes } from './class';

export const INPUT =
  'w-full min-h-9 rounded-lg border border-control bg-surface px-3 py-1.5 text-text placeholder:text-quiet disabled:opacity-60 invalid:border-danger';
export const LABEL = 'text-sm font-medium';

export interface FieldProps<T extends FieldValues> {
  control: Control<T>;
  name: FieldPath<T>;
  label: ReactNode;
  /** What the field is for, or what may be typed. */
  help?: ReactNode;
}

type TextFieldProps<T extends FieldValues> = FieldProps<T> &
  Pick<
    AriaTextFieldProps,
    'type' | 'autoComplete' | 'isRequired' | 'isDisabled' | 'inputMode' | 'maxLength' | 'autoFocus'
  > & {
    placeholder?: string;
    /** More than one line. */
    rows?: number;
    monospace?: boolean;
  };

/** A text of a form, with its label, its help and what is wrong with it. Numbers are texts here; Zod makes them numbers. */
export function TextField<T extends FieldValues>({
  control,
  name,
  label,
  help,
  placeholder,
  rows,
  monospace,
  ...rest
}: TextFieldProps<T>) {
  const {
    field: { ref, ...field },
    fieldState,
  } = useController({ control, name });
  const look = classes(INPUT, monospace && 'font-mono text-sm');
  return (
    <AriaTextField
      {...rest}
      className="flex flex-col gap-1"
      validationBehavior="aria"
      name={field.name}
      value={field.value === undefined ? '' : String(field.value)}
      onChange={field.onChange}
      onBlur={field.onBlur}
      isInvalid={fieldState.invalid}
    >
      <Label className={LABEL}>{label}</Label>
      {rows ? (
        <TextArea ref={ref} rows={rows} {...(placeholder !== undefined && { placeholder })} className={look} />
      ) : (
        <Input ref={ref} {...(placeholder !== undefined && { placeholder })} className={look} />
      )}
      <Help help={help} problem={fieldState.error?.message} />
    </AriaTextField>
  );
}

/** What stands below a field of react-aria. */
export function Help({ help, problem }: { help?: ReactNode; problem?: string | undefined }) {
  return (
    <>
      {help && (
        <Text slot="description" className="text-sm text-quiet">
          {help}
        </Text>
      )}
      <FieldError className="text-sm text-danger">{problem}</FieldError>
    </>
  );
}
