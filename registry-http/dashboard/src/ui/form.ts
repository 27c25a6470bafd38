import type { FieldPath, FieldValues, UseFormReturn } from 'react-hook-form';
import { ApiError, sentence } from '@/api/error';

/**
 * Puts what the API says of fields beside them, and gives the first of them the focus. What is left (an error that is
 * about no field of the form) is returned, for `Problem`. The API's messages go on after the field's name ("is wrong"),
 * which `labels` gives where the message is not clear without it.
 */
export function atFields<T extends FieldValues>(
  error: unknown,
  form: UseFormReturn<T>,
  labels: Partial<Record<string, string>> = {},
): unknown {
  if (!(error instanceof ApiError)) return error;
  const names = Object.keys(form.getValues());
  const [here, elsewhere] = [new Map<string, string>(), [] as string[]];
  for (const [field, message] of Object.entries(error.fields)) {
    if (names.includes(field.split('.')[0] ?? ''))
      here.set(field, sentence(`${labels[field] ?? ''} ${message}`.trim()));
    else elsewhere.push(sentence(`${field} ${message}`));
  }
  [...here].forEach(([field, message], index) =>
    form.setError(field as FieldPath<T>, { type: 'api', message }, { shouldFocus: index === 0 }),
  );
  if (here.size > 0 && elsewhere.length === 0) return undefined;
  const { status, code, requestId } = error;
  return new ApiError(status, [error.message, ...elsewhere].join(' '), { code, requestId });
}
