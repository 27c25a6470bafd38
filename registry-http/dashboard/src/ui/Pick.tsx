import { Button } from 'react-aria-components/Button';
import { ComboBox } from 'react-aria-components/ComboBox';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { Popover } from 'react-aria-components/Popover';
import { classes } from './class';
import { Help, INPUT, LABEL } from './Field';
import { Icon } from './Icon';

export interface Picked {
  id: string;
  name: string;
  help?: string | undefined;
}

interface PickProps {
  label: string;
  /** The label is for screen readers alone. */
  hideLabel?: boolean;
  value: string | undefined;
  /** What `value` is, once that is known. */
  chosen: Picked | undefined;
  /** What fits what is typed. */
  offered: readonly Picked[];
  onChange: (id: string | undefined) => void;
  onType: (text: string) => void;
  placeholder: string;
  help?: string | undefined;
  problem?: string | undefined;
  isDisabled?: boolean;
}

/** One of many, which are asked for as one types. */
export function Pick({
  label,
  hideLabel,
  value,
  chosen,
  offered,
  onChange,
  onType,
  placeholder,
  help,
  problem,
  isDisabled = false,
}: PickProps) {
  // Without the chosen one among them its name would go away when the field is left.
  const isOffered = offered.some(({ id }) => id === chosen?.id);
  const items = chosen && !isOffered ? [...offered, chosen] : offered;
  return (
    <ComboBox
      {...(hideLabel && { 'aria-label': label })}
      className="flex min-w-0 flex-col gap-1"
      items={items}
      value={value ?? null}
      onChange={(key) => onChange(key === null ? undefined : String(key))}
      onInputChange={onType}
      defaultFilter={() => true}
      menuTrigger="focus"
      allowsEmptyCollection
      isInvalid={problem !== undefined}
      isDisabled={isDisabled}
      validationBehavior="aria"
    >
      {!hideLabel && <Label className={LABEL}>{label}</Label>}
      <div className="relative">
        <Input className={classes(INPUT, 'pr-9')} placeholder={placeholder} />
        <Button className="absolute top-1.5 right-1.5 rounded p-1 text-quiet">
          <Icon name="chevron" className="size-4 rotate-90" />
        </Button>
      </div>
      <Help help={help} problem={problem} />
      <Popover className="max-h-80 min-w-(--trigger-width) overflow-auto rounded-lg border border-line bg-raised p-1 shadow-overlay">
        <ListBox<Picked> renderEmptyState={() => <p className="px-3 py-1.5 text-quiet">Nothing fits</p>}>
          {({ id, name, help: about }) => (
            <ListBoxItem
              id={id}
              textValue={name}
              className="max-w-md cursor-pointer rounded-md px-3 py-1.5 focus:bg-accent-soft selected:font-semibold"
            >
              {name}
              {about && <span className="block truncate text-sm font-normal text-quiet">{about}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
