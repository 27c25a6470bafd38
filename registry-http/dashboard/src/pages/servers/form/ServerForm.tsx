import { type SubmitEvent, useEffect, useRef } from 'react';
import type { Server } from '@/api/schema';
import { Button } from '@/ui/Button';
import { classes } from '@/ui/class';
import { DIALOG_END } from '@/ui/Dialog';
import { BasicsStep } from './BasicsStep';
import { ConnectionStep } from './ConnectionStep';
import type { ServerValues } from './schema';
import { SettingsStep } from './SettingsStep';
import { StepNav } from './StepNav';
import { type Step, STEPS } from './steps';
import { TestStep } from './TestStep';
import type { ServerForm as Model } from './useServerForm';

interface ServerFormProps {
  model: Model;
  server?: Server | undefined;
  /** What the last button says. */
  action: string;
  isSaving: boolean;
  onSave: (values: ServerValues) => void;
  onCancel: () => void;
}

/** The form of a server, step by step. */
export function ServerForm({ model, server, action, isSaving, onSave, onCancel }: ServerFormProps) {
  const { form, step, setStep, goOn, beginSaving, showProblems, wrong } = model;
  const fields = useFirstField(step);
  const at = STEPS.indexOf(step);
  const isLast = at === STEPS.length - 1;
  const save = form.handleSubmit((filledIn) => {
    beginSaving();
    onSave(filledIn);
  }, showProblems);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void (isLast ? save() : goOn());
  };
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-5">
      <StepNav step={step} wrong={wrong} onGo={setStep} />
      <div ref={fields} className="flex flex-col gap-5">
        <Fields model={model} server={server} />
      </div>
      <div className={classes(DIALOG_END, 'items-center border-t border-line py-3')}>
        {/* On a phone there is room for the way on alone; the cross at the top cancels too. */}
        <Button kind="quiet" className="max-sm:hidden" onPress={onCancel}>
          Cancel
        </Button>
        <div className="ml-auto flex flex-wrap gap-2">
          {at > 0 && <Button onPress={() => setStep(STEPS[at - 1] ?? step)}>Back</Button>}
          {!isLast && (
            <Button kind={server ? 'plain' : 'primary'} type="submit">
              Next
            </Button>
          )}
          {(isLast || server) && (
            <Button
              kind="primary"
              type={isLast ? 'submit' : 'button'}
              isPending={isSaving}
              {...(!isLast && { onPress: () => void save() })}
            >
              {action}
            </Button>
          )}
        </div>
      </div>
    </form>
  );
}

/** The field that had the focus is gone with its step: the first of the next step gets it. */
function useFirstField(step: Step) {
  const fields = useRef<HTMLDivElement>(null);
  const shown = useRef(step);
  useEffect(() => {
    if (shown.current !== step) fields.current?.querySelector<HTMLElement>('input, textarea, button')?.focus();
    shown.current = step;
  }, [step]);
  return fields;
}

function Fields({ model, server }: { model: Model; server: Server | undefined }) {
  const { form, step, values, nameState, test, showProblems } = model;
  const { control } = form;
  switch (step) {
    case 'basics':
      return <BasicsStep control={control} server={server} nameState={nameState} />;
    case 'connection':
      return <ConnectionStep control={control} server={server} />;
    case 'settings':
      return <SettingsStep control={control} server={server} />;
    case 'test':
      return (
        <TestStep
          control={control}
          values={values}
          server={server}
          test={test}
          onTest={() => void form.handleSubmit(test.run, showProblems)()}
        />
      );
  }
}
