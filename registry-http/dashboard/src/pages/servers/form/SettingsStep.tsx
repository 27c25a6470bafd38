import { type Control, useFormState, useWatch } from 'react-hook-form';
import type { Server } from '@/api/schema';
import { TextField } from '@/ui/Field';
import { More } from '@/ui/More';
import { SelectField } from '@/ui/Select';
import { SwitchField } from '@/ui/Switch';
import { DependsOnField } from './DependsOnField';
import type { ServerValues } from './schema';

interface StepProps {
  control: Control<ServerValues>;
  server?: Server | undefined;
}

const TOOL_CHANGES = [
  { id: 'accept' as const, name: 'Accept them', help: 'Tools that change or are new can be called at once.' },
  { id: 'hold' as const, name: 'Withhold them', help: 'They cannot be called until somebody approves them.' },
];

/** Bounds on calls, and how the server is watched. All of it has good defaults. */
export function SettingsStep({ control, server }: StepProps) {
  return (
    <>
      <p className="text-quiet">These are good for most servers. Go on if you have no reason to change them.</p>
      <div className="grid gap-4 sm:grid-cols-2">
        <WholeField
          control={control}
          name="settings.timeoutMs"
          label="Time-out of a call (ms)"
          help="1,000 to 300,000: until the answer begins."
        />
        <SelectField control={control} name="settings.toolChanges" label="Tools that change" options={TOOL_CHANGES} />
      </div>
      <HealthFields control={control} />
      <CallFields control={control} />
      <More title="Servers that it needs">
        <DependsOnField control={control} server={server} />
      </More>
    </>
  );
}

function HealthFields({ control }: StepProps) {
  const isWatched = useWatch({ control, name: 'autoHealthCheck' });
  const { errors } = useFormState({ control });
  const hasProblem = Boolean(
    errors.healthCheckTimeout ?? errors.healthCheckRetries ?? errors.alertThreshold ?? errors.degradedAboveMs,
  );
  return (
    <>
      <SwitchField
        control={control}
        name="autoHealthCheck"
        label="Check its health regularly"
        help="Without it, it is checked only when somebody asks."
      />
      {isWatched && (
        <WholeField control={control} name="healthCheckInterval" label="Seconds between checks" help="60 to 3,600." />
      )}
      <More title="More about health checks" isOpen={hasProblem}>
        <div className="grid gap-4 sm:grid-cols-2">
          <WholeField control={control} name="healthCheckTimeout" label="Time-out of a check (s)" help="1 to 30." />
          <WholeField
            control={control}
            name="healthCheckRetries"
            label="Retries of a check"
            help="0 to 10: how often one that failed is tried again at once."
          />
          <WholeField
            control={control}
            name="alertThreshold"
            label="Failures until unhealthy"
            help="1 to 100 in a row. An alert is raised then."
          />
          <WholeField
            control={control}
            name="degradedAboveMs"
            label="Degraded above (ms)"
            help="1 to 30,000: a slower answer counts as degraded."
          />
        </div>
      </More>
    </>
  );
}

function CallFields({ control }: StepProps) {
  const { errors } = useFormState({ control, name: 'settings' });
  const { maxRetries, backoffMs, rateLimit } = errors.settings ?? {};
  return (
    <More title="Retries and rate limit of calls" isOpen={Boolean(maxRetries ?? backoffMs ?? rateLimit)}>
      <div className="grid gap-4 sm:grid-cols-2">
        <WholeField
          control={control}
          name="settings.maxRetries"
          label="Retries"
          help="0 to 10: how often a connection that could not be made is tried again."
        />
        <WholeField
          control={control}
          name="settings.backoffMs"
          label="Pause before a retry (ms)"
          help="100 to 60,000. It doubles with each."
        />
        <WholeField
          control={control}
          name="settings.rateLimit.rpm"
          label="Calls a minute"
          help="1 to 10,000, of all callers together. Both empty: no limit."
        />
        <WholeField
          control={control}
          name="settings.rateLimit.burst"
          label="Calls at once"
          help="1 to 1,000 of the calls a minute may come at once."
        />
      </div>
    </More>
  );
}

type WholeProps = Parameters<typeof TextField<ServerValues>>[0];

function WholeField(props: WholeProps) {
  return <TextField {...props} inputMode="numeric" autoComplete="off" />;
}
