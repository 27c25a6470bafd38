import { useState } from 'react';
import { FieldError } from 'react-aria-components/FieldError';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { TextField } from 'react-aria-components/TextField';
import { classes } from '@/ui/class';
import { INPUT, LABEL } from '@/ui/Field';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface IdFieldProps {
  label: string;
  value: string | undefined;
  onChange: (id: string | undefined) => void;
  /** The API takes nothing else. */
  isUuid?: boolean;
}

/** An id that is pasted or typed. It counts once the field is left, or at Enter. */
export function IdField({ label, value = '', onChange, isUuid = false }: IdFieldProps) {
  const [typed, setTyped] = useState(value);
  const [kept, setKept] = useState(value);
  if (kept !== value) {
    setKept(value);
    setTyped(value);
  }
  const text = typed.trim();
  const isWrong = isUuid && text !== '' && !UUID.test(text);
  const commit = () => !isWrong && text !== value && onChange(text || undefined);
  return (
    <TextField
      className="flex min-w-0 flex-col gap-1"
      value={typed}
      onChange={setTyped}
      onBlur={commit}
      onKeyDown={({ key }) => key === 'Enter' && commit()}
      isInvalid={isWrong}
      validationBehavior="aria"
    >
      <Label className={LABEL}>{label}</Label>
      <Input placeholder="Any" className={classes(INPUT, 'font-mono text-sm')} />
      <FieldError className="text-sm text-danger">This is no whole id yet.</FieldError>
    </TextField>
  );
}
