import type { ReactNode } from 'react';
import { CheckboxButton, CheckboxField } from 'react-aria-components/Checkbox';
import { SwitchButton, SwitchField as AriaSwitchField } from 'react-aria-components/Switch';
import { type FieldValues, useController } from 'react-hook-form';
import type { FieldProps } from './Field';
import { Icon } from './Icon';

interface ToggleProps {
  children: ReactNode;
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  isDisabled?: boolean;
}

/** On or off, at once. */
export function Switch({ children, ...rest }: ToggleProps & { 'aria-label'?: string }) {
  return (
    <AriaSwitchField {...rest}>
      <SwitchButton className="group inline-flex items-center gap-2 disabled:opacity-60">
        <span className="flex h-5 w-9 shrink-0 items-center rounded-full border border-control bg-sunken p-0.5 transition-colors group-selected:border-accent group-selected:bg-accent group-focus-visible:outline-2 group-focus-visible:outline-offset-2 group-focus-visible:outline-accent">
          <span className="size-3.5 rounded-full bg-control transition-transform group-selected:translate-x-4 group-selected:bg-on-accent" />
        </span>
        <span>{children}</span>
      </SwitchButton>
    </AriaSwitchField>
  );
}

/** Chosen or not. */
export function Checkbox({ children, ...rest }: ToggleProps & { 'aria-label'?: string; isIndeterminate?: boolean }) {
  return (
    <CheckboxField {...rest}>
      <CheckboxButton className="group inline-flex items-center gap-2 disabled:opacity-60">
        <span className="grid size-4.5 shrink-0 place-items-center rounded border border-control bg-surface text-on-accent group-selected:border-accent group-selected:bg-accent group-indeterminate:border-accent group-indeterminate:bg-accent group-focus-visible:outline-2 group-focus-visible:outline-offset-2 group-focus-visible:outline-accent">
          {rest.isIndeterminate ? (
            <span className="h-0.5 w-2.5 bg-on-accent" />
          ) : (
            rest.isSelected && <Icon name="check" className="size-3.5" />
          )}
        </span>
        {children}
      </CheckboxButton>
    </CheckboxField>
  );
}

/** On or off, in a form. */
export function SwitchField<T extends FieldValues>({ control, name, label, help }: FieldProps<T>) {
  const { field } = useController({ control, name });
  return (
    <div className="flex flex-col gap-1">
      <Switch isSelected={Boolean(field.value)} onChange={field.onChange}>
        {label}
      </Switch>
      {help && <p className="text-sm text-quiet">{help}</p>}
    </div>
  );
}
