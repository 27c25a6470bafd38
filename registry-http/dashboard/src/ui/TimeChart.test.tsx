import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { type ChartPoint, TimeChart } from './TimeChart';

const POINTS: ChartPoint[] = [
  { id: '1', when: '10:00 to 11:00', tick: '10:00', values: { p50: 12, p95: 40 } },
  { id: '2', when: '11:00 to 12:00', tick: '11:00', values: {} },
  { id: '3', when: '12:00 to 13:00', tick: '12:00', values: { p50: 20, p95: 90 } },
];

const chart = (points = POINTS) => (
  <TimeChart
    title="Response times"
    lines={[
      { id: 'p50', name: 'p50', tone: 'accent' },
      { id: 'p95', name: 'p95', tone: 'warning', dash: 'dashed' },
    ]}
    points={points}
    format={(value) => `${value} ms`}
  />
);

describe('TimeChart', () => {
  it('sums its lines up in words', () => {
    render(chart());
    expect(screen.getByText('p50 12 ms to 20 ms, last 20 ms; p95 40 ms to 90 ms, last 90 ms')).toBeVisible();
  });

  it('is read part by part with the keyboard, gaps too', async () => {
    const user = userEvent.setup();
    render(chart());
    await user.tab();
    expect(screen.getByText('12:00 to 13:00: p50 20 ms, p95 90 ms')).toBeVisible();
    await user.keyboard('{ArrowLeft}');
    expect(screen.getByText('11:00 to 12:00: p50 –, p95 –')).toBeVisible();
  });

  it('can be read as a table', async () => {
    render(chart());
    await userEvent.click(screen.getByRole('button', { name: 'Response times as a table' }));
    expect(screen.getAllByRole('columnheader').map((cell) => cell.textContent)).toEqual(['When', 'p50', 'p95']);
    expect(screen.getAllByRole('row')).toHaveLength(4);
  });

  it('says so if there is nothing', () => {
    render(chart([{ id: '1', when: '10:00', tick: '10:00', values: {} }]));
    expect(screen.getByText('Nothing in this time')).toBeVisible();
  });
});
