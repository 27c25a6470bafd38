import { classes } from '@/ui/class';
import { Icon } from '@/ui/Icon';
import { STEP_NAMES, STEPS, type Step } from './steps';

interface StepNavProps {
  step: Step;
  /** Steps in which something is wrong. */
  wrong: ReadonlySet<Step>;
  onGo: (step: Step) => void;
}

/** Where one is in the form, and the way to the other steps. */
export function StepNav({ step, wrong, onGo }: StepNavProps) {
  const at = STEPS.indexOf(step);
  return (
    <nav aria-label="Steps">
      <ol className="grid grid-cols-4 gap-2">
        {STEPS.map((name, index) => (
          <li key={name}>
            <button
              type="button"
              aria-current={name === step ? 'step' : undefined}
              onClick={() => onGo(name)}
              className={classes(
                'flex w-full flex-col gap-1.5 border-t-4 pt-2 text-left text-sm',
                index <= at ? 'border-accent' : 'border-line',
                name === step ? 'font-semibold text-text' : 'text-quiet hover:text-text',
              )}
            >
              <span className="flex items-center gap-1.5">
                {wrong.has(name) ? (
                  <Icon name="warning" className="size-4 text-danger" />
                ) : (
                  <span aria-hidden="true" className="tabular-nums">
                    {index + 1}
                  </span>
                )}
                <span className="max-sm:sr-only">{STEP_NAMES[name]}</span>
                {wrong.has(name) && <span className="sr-only">, to be corrected</span>}
              </span>
            </button>
          </li>
        ))}
      </ol>
      <p className="mt-2 text-sm font-semibold sm:hidden" aria-hidden="true">
        {STEP_NAMES[step]}
      </p>
    </nav>
  );
}
