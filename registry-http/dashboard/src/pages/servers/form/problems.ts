import type { FieldPath, UseFormSetError } from 'react-hook-form';
import { ApiError, sentence } from '@/api/error';
import type { ServerValues } from './schema';
import { type Step, STEPS, stepOf } from './steps';

/** Puts what the API says of fields beside them; tells the first step that has one. */
export function placeProblems(
  error: unknown,
  { transportType }: ServerValues,
  setError: UseFormSetError<ServerValues>,
): Step | undefined {
  const steps = new Set<Step>();
  for (const [name, problem] of Object.entries(problemsOf(error))) {
    const place = name === 'endpointUrl' && transportType === 'stdio' ? 'launcher' : fieldOf(name);
    const step = stepOf(place);
    if (!step) continue;
    setError(place as FieldPath<ServerValues>, { type: 'server', message: sentence(problem) });
    steps.add(step);
  }
  return STEPS.find((step) => steps.has(step));
}

/** A name that is taken is a conflict, and may come without a field. */
function problemsOf(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof ApiError)) return {};
  if (error.status === 409 && Object.keys(error.fields).length === 0) return { name: error.message };
  return error.fields;
}

/** What the API says of a part that has no field of its own goes to the field that has that part. */
function fieldOf(name: string): string {
  if (name === 'settings.rateLimit') return 'settings.rateLimit.rpm';
  if (name.startsWith('dependsOn')) return 'dependsOn';
  if (name.startsWith('tags')) return 'tags';
  return name.startsWith('authConfig.custom') ? 'authConfig.custom' : name;
}
