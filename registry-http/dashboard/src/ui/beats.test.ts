import { describe, expect, it } from 'vitest';
import type { HealthCheck, HealthPoint } from '@/api/schema';
import { beatsOfChecks, beatsOfTrend, summaryOf } from './beats';

const check = (id: string, status: HealthCheck['status']): HealthCheck => ({
  id,
  status,
  serverId: 's',
  timestamp: '2026-11-22T10:00:00Z',
  responseTime: 1_500,
  checkType: 'manual',
  deep: false,
  details: { connectivity: true, authentication: true, capabilities: [] },
});

const point = (rest: Partial<HealthPoint>): HealthPoint => ({
  from: '2026-11-22T10:00:00Z',
  to: '2026-11-22T11:00:00Z',
  checks: 4,
  successes: 4,
  degraded: 0,
  failures: 0,
  ...rest,
});

describe('beats', () => {
  it('of checks are the oldest first, with words', () => {
    const beats = beatsOfChecks([check('b', 'timeout'), check('a', 'healthy')]);
    expect(beats.map(({ id, status, what }) => [id, status, what])).toEqual([
      ['a', 'healthy', 'Healthy, 1.5 s'],
      ['b', 'unhealthy', 'No answer in time, 1.5 s'],
    ]);
    expect(summaryOf(beats, 'check')).toBe('2 checks: 1 healthy, 1 unhealthy');
  });

  it.each([
    [
      point({ uptime: 100, responseTimes: { average: 1, p50: 12, p95: 2, p99: 3 } }),
      'healthy',
      '100% up, half within 12 ms',
    ],
    [point({ failures: 1, successes: 3, uptime: 75 }), 'degraded', '75% up, 1 of 4 checks failed'],
    [point({ degraded: 2, uptime: 100 }), 'degraded', '100% up, 2 of 4 checks degraded'],
    [point({ failures: 4, successes: 0, uptime: 0 }), 'unhealthy', '0% up, 4 of 4 checks failed'],
    [point({ successes: 0 }), 'unknown', 'Nothing found out'],
    [point({ checks: 0, successes: 0 }), 'unknown', 'No checks'],
  ] as const)('of a part of time %# say how it was', (one, status, what) => {
    const [beat] = beatsOfTrend([one]);
    expect(beat).toMatchObject({ status, what });
  });

  it('that are all alike, or only one, say so', () => {
    const alike = beatsOfChecks([check('a', 'healthy'), check('b', 'healthy')]);
    expect(summaryOf(alike, 'check')).toBe('2 checks, all healthy');
    expect(summaryOf(alike.slice(1), 'check')).toBe('1 check: healthy');
  });

  it('that are none say so', () => expect(summaryOf([], 'check')).toBe('No checks yet'));
});
