import { render, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { CheckFigures } from './CheckFigures';

const times = { average: 20, p50: 12, p95: 40, p99: 90 };

describe('what checks came to', () => {
  it('has rates of those that found something out, times, and the last error', () => {
    render(
      <CheckFigures
        server={{ lastErrorMessage: 'no connection', lastErrorAt: '2026-11-22T10:00:00Z' }}
        total={{ checks: 11, successes: 9, failures: 1, degraded: 2, responseTimes: times }}
      />,
    );
    const facts = screen.getAllByRole('definition').map((fact) => fact.textContent);
    expect(facts).toEqual(['11', '90%', '10%', '2', '20 ms', '12 ms', '40 ms', '90 ms']);
    expect(screen.getByText(/No connection\./)).toBeVisible();
  });

  it('has no rates without checks', () => {
    render(<CheckFigures server={{}} total={{ checks: 0, successes: 0, failures: 0, degraded: 0 }} />);
    expect(screen.getAllByText('–')).toHaveLength(6);
  });
});
