import type { CheckStatus, HealthCheck, HealthPoint, HealthStatus } from '@/api/schema';
import { count, milliseconds, nearTime, percent, timeRange } from './format';
import type { Beat } from './Heartbeat';

const OF_CHECK: Record<CheckStatus, { status: HealthStatus; word: string }> = {
  healthy: { status: 'healthy', word: 'Healthy' },
  degraded: { status: 'degraded', word: 'Degraded' },
  unhealthy: { status: 'unhealthy', word: 'Unhealthy' },
  timeout: { status: 'unhealthy', word: 'No answer in time' },
  error: { status: 'unhealthy', word: 'Not reached' },
  unknown: { status: 'unknown', word: 'Could not be asked' },
};

/** What a check found, in a word. */
export const checkWord = (status: CheckStatus): string => OF_CHECK[status].word;

/** How a server is by one check. */
export const checkHealth = (status: CheckStatus): HealthStatus => OF_CHECK[status].status;

/** Checks as the API lists them, newest first, as beats. */
export function beatsOfChecks(checks: readonly HealthCheck[]): Beat[] {
  return checks.toReversed().map(({ id, status, timestamp, responseTime }) => ({
    id,
    status: checkHealth(status),
    when: nearTime(timestamp),
    what: `${checkWord(status)}, ${milliseconds(responseTime)}`,
  }));
}

/** What checks came to, part by part. */
export function beatsOfTrend(points: readonly HealthPoint[]): Beat[] {
  return points.map((point) => ({
    id: point.from,
    status: statusOf(point),
    when: timeRange(point.from, point.to),
    what: wordsOf(point),
  }));
}

/** Beats in a few words: "30 checks: 28 healthy, 2 unhealthy". `noun` is one of them. */
export function summaryOf(beats: readonly Beat[], noun: string): string {
  if (beats.length === 0) return `No ${noun}s yet`;
  const states: HealthStatus[] = ['healthy', 'degraded', 'unhealthy', 'unknown'];
  const counted = states.map((state) => ({ state, of: beats.filter(({ status }) => status === state).length }));
  const found = counted.filter(({ of }) => of > 0);
  if (beats.length === 1) return `1 ${noun}: ${found[0]?.state ?? ''}`;
  if (found.length === 1) return `${beats.length} ${noun}s, all ${found[0]?.state ?? ''}`;
  return `${beats.length} ${noun}s: ${found.map(({ state, of }) => `${of} ${state}`).join(', ')}`;
}

function statusOf({ successes, degraded, failures }: HealthPoint): HealthStatus {
  if (successes + failures === 0) return 'unknown';
  if (successes === 0) return 'unhealthy';
  return failures + degraded > 0 ? 'degraded' : 'healthy';
}

function wordsOf({ checks, failures, degraded, uptime, responseTimes }: HealthPoint): string {
  if (checks === 0) return 'No checks';
  const parts = [uptime === undefined ? 'Nothing found out' : `${percent(uptime / 100)} up`];
  if (failures > 0) parts.push(`${count(failures)} of ${count(checks)} checks failed`);
  else if (degraded > 0) parts.push(`${count(degraded)} of ${count(checks)} checks degraded`);
  if (responseTimes) parts.push(`half within ${milliseconds(responseTimes.p50)}`);
  return parts.join(', ');
}
