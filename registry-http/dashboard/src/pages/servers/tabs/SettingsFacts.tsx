import type { Server } from '@/api/schema';
import { count, milliseconds } from '@/ui/format';
import { Fact } from '@/ui/Page';

/** The settings of a server, as they are. */
export function SettingsFacts({ server }: { server: Server }) {
  const { settings } = server;
  const { rateLimit } = settings;
  return (
    <dl className="card grid grid-cols-2 gap-4 p-4 lg:grid-cols-3">
      <Fact name="Time-out of a call">{milliseconds(settings.timeoutMs)}</Fact>
      <Fact name="Retries of a connection">
        {settings.maxRetries === 0 ? 'none' : `${settings.maxRetries}, first after ${milliseconds(settings.backoffMs)}`}
      </Fact>
      <Fact name="Rate limit">
        {rateLimit ? `${count(rateLimit.rpm)} calls a minute, ${count(rateLimit.burst)} at once` : 'none'}
      </Fact>
      <Fact name="Tools that change">{settings.toolChanges === 'hold' ? 'withheld until approved' : 'accepted'}</Fact>
      <Fact name="Health checks">
        {server.autoHealthCheck ? `every ${server.healthCheckInterval} s` : 'only when somebody asks'}
      </Fact>
      <Fact name="Time-out of a check">{server.healthCheckTimeout} s</Fact>
      <Fact name="Retries of a check">{server.healthCheckRetries}</Fact>
      <Fact name="Unhealthy after">{server.alertThreshold} failures in a row</Fact>
      <Fact name="Degraded above">{milliseconds(server.degradedAboveMs)}</Fact>
    </dl>
  );
}
