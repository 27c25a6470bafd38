import type { TestResult } from '@/api/schema';
import { sentence } from '@/api/error';
import { classes } from '@/ui/class';
import { count, milliseconds } from '@/ui/format';
import { Icon } from '@/ui/Icon';
import { Fact } from '@/ui/Page';
import { adviceFor } from '../advice';

/** What a test of the connection found. */
export function TestReport({ result }: { result: TestResult }) {
  const { success, details, responseTime, tools, errors = [] } = result;
  return (
    <section
      aria-label="Result of the test"
      className={classes('flex flex-col gap-3 rounded-lg border p-3', success ? 'border-good' : 'border-danger')}
    >
      <p className={classes('flex items-center gap-2 font-medium', success ? 'text-good' : 'text-danger')}>
        <Icon name={success ? 'check' : 'warning'} />
        {success
          ? `The server answers, within ${milliseconds(responseTime)}`
          : 'The server cannot be used as described'}
      </p>
      {errors.map((error) => (
        <p key={error}>{sentence(error)}</p>
      ))}
      {!success && details.errorCode && <p className="text-sm text-quiet">{adviceFor(details.errorCode)}</p>}
      {success && (
        <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
          <Fact name="Protocol">{details.protocolVersion ?? 'unknown'}</Fact>
          <Fact name="Tools">{count(details.tools)}</Fact>
          <Fact name="Resources">{count(details.resources)}</Fact>
          <Fact name="Prompts">{count(details.prompts)}</Fact>
        </dl>
      )}
      {tools.length > 0 && (
        <p className="text-sm">
          Tools: <span className="font-mono">{tools.join(', ')}</span>
          {tools.length < (details.tools ?? 0) && ', and more'}
        </p>
      )}
      {success && details.capabilities.length > 0 && (
        <p className="text-sm text-quiet">It declares: {details.capabilities.join(', ')}.</p>
      )}
    </section>
  );
}
