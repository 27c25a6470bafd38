import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { type Beat, Heartbeat } from './Heartbeat';

const BEATS: Beat[] = [
  { id: 'a', status: 'healthy', when: '10:00', what: 'Healthy, 12 ms' },
  { id: 'b', status: 'unhealthy', when: '10:05', what: 'No answer in time, 10 s' },
  { id: 'c', status: 'degraded', when: '10:10', what: 'Degraded, 2 s' },
];

const bar = () => <Heartbeat label="Health of Weather" beats={BEATS} summary="3 checks: 1 healthy" />;

describe('Heartbeat', () => {
  it('has a summary and words for each slot', () => {
    render(bar());
    expect(screen.getByRole('listbox', { name: 'Health of Weather. 3 checks: 1 healthy' })).toBeVisible();
    expect(screen.getByRole('option', { name: '10:05: No answer in time, 10 s' })).toBeVisible();
    expect(screen.getByText('3 checks: 1 healthy')).toBeVisible();
  });

  it('is read with the arrow keys, from the newest on, as one stop of the Tab key', async () => {
    const user = userEvent.setup();
    render(bar());
    await user.tab();
    expect(screen.getByText('10:10: Degraded, 2 s')).toBeVisible();
    await user.keyboard('{ArrowLeft}');
    expect(screen.getByRole('option', { selected: true })).toHaveAccessibleName('10:05: No answer in time, 10 s');
    await user.keyboard('{Home}{ArrowLeft}');
    expect(screen.getByText('10:00: Healthy, 12 ms')).toBeVisible();
    await user.tab();
    expect(screen.getByRole('button', { name: 'Health of Weather as a table' })).toHaveFocus();
    expect(screen.getByText('3 checks: 1 healthy')).toBeVisible();
  });

  it('can be read as a table, newest first', async () => {
    render(bar());
    await userEvent.click(screen.getByRole('button', { name: 'Health of Weather as a table' }));
    const rows = screen.getAllByRole('row').map((row) => row.textContent);
    expect(rows).toEqual(['WhenWhat', '10:10Degraded, 2 s', '10:05No answer in time, 10 s', '10:00Healthy, 12 ms']);
  });

  it('gives each slot the same width, however few there are yet', () => {
    render(<Heartbeat label="Health" beats={BEATS} summary="3 checks" most={30} />);
    expect(screen.getByRole('listbox').parentElement).toHaveStyle({ width: '10%' });
  });

  it('says only its summary if nothing is known', () => {
    render(<Heartbeat label="Health" beats={[]} summary="No checks yet" />);
    expect(screen.getByText('No checks yet')).toBeVisible();
    expect(screen.queryByRole('listbox')).toBeNull();
  });
});
