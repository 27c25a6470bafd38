import { type Control, useFormState } from 'react-hook-form';
import type { Server } from '@/api/schema';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { Problem } from '@/ui/Problem';
import { SwitchField } from '@/ui/Switch';
import type { ServerValues } from './schema';
import { Summary } from './Summary';
import { TestReport } from './TestReport';
import type { ConnectionTest } from './useConnectionTest';

interface StepProps {
  control: Control<ServerValues>;
  values: ServerValues;
  server?: Server | undefined;
  test: ConnectionTest;
  /** Tests what was typed, if it holds. */
  onTest: () => void;
}

/** Whether the server answers as described, before it is saved. */
export function TestStep({ control, values, server, test, onTest }: StepProps) {
  const { errors } = useFormState({ control });
  const canSkip = [test.result?.success === false, test.error, errors.endpointUrl, server].some(Boolean);
  const isStored = server !== undefined && values.keepsCredentials;
  return (
    <>
      <Summary values={values} />
      {isStored ? (
        <p className="text-sm text-quiet">
          The stored credentials cannot be tried from here. When you save, the server is connected to with them if its
          URL or transport changed.
        </p>
      ) : (
        <div className="flex flex-col gap-3">
          <div>
            <Button onPress={onTest} isPending={test.isPending}>
              <Icon name="refresh" className={`size-4 ${test.isPending ? 'animate-spin' : ''}`} />
              {test.isPending ? 'Testing …' : 'Test the connection'}
            </Button>
          </div>
          <div aria-live="polite">{test.result && <TestReport result={test.result} />}</div>
          <Problem error={test.error} />
        </div>
      )}
      {canSkip && (
        <SwitchField
          control={control}
          name="validateConnection"
          label="Connect when saving"
          help={
            server
              ? 'Off: a new URL is saved without a look at the server.'
              : 'Off: the server is saved although it does not answer. It is stopped at first.'
          }
        />
      )}
    </>
  );
}
