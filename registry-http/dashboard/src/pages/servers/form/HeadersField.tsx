import { type Control, useFieldArray, useFormState } from 'react-hook-form';
import { Button } from '@/ui/Button';
import { LABEL, TextField } from '@/ui/Field';
import { Icon } from '@/ui/Icon';
import type { ServerValues } from './schema';

const MOST = 20;

/** Headers with their values. */
export function HeadersField({ control }: { control: Control<ServerValues> }) {
  const { fields, append, remove } = useFieldArray({ control, name: 'authConfig.custom' });
  const { errors } = useFormState({ control, name: 'authConfig.custom' });
  const problem = errors.authConfig?.custom?.message ?? errors.authConfig?.custom?.root?.message;
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className={LABEL}>Headers</legend>
      {fields.map(({ id }, index) => (
        <div key={id} className="grid items-start gap-2 sm:grid-cols-[1fr_1fr_auto]">
          <TextField control={control} name={`authConfig.custom.${index}.name`} label={`Name ${index + 1}`} monospace />
          <TextField
            control={control}
            name={`authConfig.custom.${index}.value`}
            label={`Value ${index + 1}`}
            type="password"
            autoComplete="off"
            monospace
          />
          <Button
            kind="quiet"
            size="small"
            className="justify-self-start sm:mt-6.5"
            aria-label={`Take header ${index + 1} away`}
            isDisabled={fields.length === 1}
            onPress={() => remove(index)}
          >
            <Icon name="close" className="size-4" />
          </Button>
        </div>
      ))}
      {problem && (
        <p role="alert" className="text-sm text-danger">
          {problem}
        </p>
      )}
      <p className="text-sm text-quiet">Values are stored encrypted, and never shown again.</p>
      <div>
        <Button size="small" isDisabled={fields.length >= MOST} onPress={() => append({ name: '', value: '' })}>
          <Icon name="plus" className="size-4" />
          Another header
        </Button>
      </div>
    </fieldset>
  );
}
