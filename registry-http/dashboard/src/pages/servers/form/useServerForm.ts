import { zodResolver } from '@hookform/resolvers/zod';
import { useEffect, useState } from 'react';
import { type FieldErrors, useForm, useWatch } from 'react-hook-form';
import type { Server } from '@/api/schema';
import { placeProblems } from './problems';
import { serverSchema, type ServerValues } from './schema';
import { FIELDS, type Step, STEPS, stepOf } from './steps';
import { useConnectionTest } from './useConnectionTest';
import { endNameCheck, useNameCheck } from './useNameCheck';
import { NEW_SERVER, valuesOf } from './values';

const TAKEN = 'A server has this name already; capitals, spaces, - and _ make no difference. Choose another name.';

/** The form of a server, in steps. One goes on from a step when all of it holds. */
export function useServerForm(server: Server | undefined) {
  const [step, setStep] = useState<Step>('basics');
  const [isSaving, setSaving] = useState(false);
  const form = useForm<ServerValues>({
    resolver: zodResolver(serverSchema),
    defaultValues: server ? valuesOf(server) : NEW_SERVER,
    mode: 'onChange',
    delayError: 300,
  });
  const { control, setError, trigger, formState } = form;
  const values = useWatch({ control }) as ServerValues;
  const nameState = useNameCheck(values.name, server?.name, isSaving);
  useEffect(() => {
    if (nameState === 'taken') setError('name', { type: 'taken', message: TAKEN });
  }, [nameState, setError]);

  const beginSaving = () => {
    endNameCheck();
    setSaving(true);
  };
  const refuse = (error: unknown) => {
    setSaving(false);
    const wrong = placeProblems(error, values, setError);
    if (wrong) setStep(wrong);
  };
  const test = useConnectionTest(values, refuse);

  const goOn = async () => {
    const holds = await trigger([...FIELDS[step]], { shouldFocus: true });
    if (step === 'basics' && nameState === 'taken')
      setError('name', { type: 'taken', message: TAKEN }, { shouldFocus: true });
    else if (holds) setStep(STEPS[STEPS.indexOf(step) + 1] ?? step);
  };
  const showProblems = (errors: FieldErrors<ServerValues>) => {
    const wrong = wrongSteps(errors);
    const first = STEPS.find((name) => wrong.has(name));
    if (first) setStep(first);
  };
  return {
    form,
    step,
    setStep,
    values,
    nameState,
    test,
    goOn,
    beginSaving,
    refuse,
    showProblems,
    wrong: wrongSteps(formState.errors),
  };
}

export type ServerForm = ReturnType<typeof useServerForm>;

function wrongSteps(errors: FieldErrors<ServerValues>): ReadonlySet<Step> {
  return new Set(Object.keys(errors).flatMap((name) => stepOf(name) ?? []));
}
