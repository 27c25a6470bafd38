import type { AlertStatus, HealthStatus, KeyStatus, ServerStatus, Severity } from '@/api/schema';
import { Badge, type Tone } from './Badge';

const HEALTH: Record<HealthStatus, { tone: Tone; sign: string; word: string }> = {
  healthy: { tone: 'good', sign: '●', word: 'Healthy' },
  degraded: { tone: 'warning', sign: '▲', word: 'Degraded' },
  unhealthy: { tone: 'danger', sign: '■', word: 'Unhealthy' },
  unknown: { tone: 'quiet', sign: '○', word: 'Unknown' },
};

/** How a server is. Each state has a shape of its own too. */
export function Health({ status }: { status: HealthStatus }) {
  const { tone, sign, word } = HEALTH[status];
  return (
    <Badge tone={tone}>
      <span aria-hidden="true">{sign}</span>
      {word}
    </Badge>
  );
}

const SERVER: Record<ServerStatus, { tone: Tone; word: string }> = {
  active: { tone: 'accent', word: 'Active' },
  inactive: { tone: 'quiet', word: 'Stopped' },
  error: { tone: 'danger', word: 'Error' },
  maintenance: { tone: 'warning', word: 'Maintenance' },
};

/** Whether calls get to a server. */
export function ServerState({ status }: { status: ServerStatus }) {
  return <Badge tone={SERVER[status].tone}>{SERVER[status].word}</Badge>;
}

const KEY: Record<KeyStatus, { tone: Tone; word: string }> = {
  active: { tone: 'good', word: 'Active' },
  expired: { tone: 'warning', word: 'Expired' },
  revoked: { tone: 'quiet', word: 'Revoked' },
};

/** Whether a key opens anything. */
export function KeyState({ status }: { status: KeyStatus }) {
  return <Badge tone={KEY[status].tone}>{KEY[status].word}</Badge>;
}

const SEVERITY: Record<Severity, { tone: Tone; word: string }> = {
  low: { tone: 'quiet', word: 'Low' },
  medium: { tone: 'warning', word: 'Medium' },
  high: { tone: 'danger', word: 'High' },
  critical: { tone: 'danger', word: 'Critical' },
};

/** How bad an alert is. */
export function AlertSeverity({ severity }: { severity: Severity }) {
  return <Badge tone={SEVERITY[severity].tone}>{SEVERITY[severity].word}</Badge>;
}

const ALERT: Record<AlertStatus, { tone: Tone; word: string }> = {
  open: { tone: 'danger', word: 'Open' },
  acknowledged: { tone: 'accent', word: 'Acknowledged' },
  resolved: { tone: 'good', word: 'Resolved' },
};

/** What became of an alert. */
export function AlertState({ status }: { status: AlertStatus }) {
  return <Badge tone={ALERT[status].tone}>{ALERT[status].word}</Badge>;
}
