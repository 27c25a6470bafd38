import { describe, expect, it } from 'vitest';
import { areaOf, labelled, pathOf, scaleOf, stretches } from './chart';

describe('the scale of a chart', () => {
  it.each([
    [[0], { max: 1, ticks: [0, 1] }],
    [[3], { max: 3, ticks: [0, 1, 2, 3] }],
    [[90, 17], { max: 100, ticks: [0, 50, 100] }],
    [[100], { max: 100, ticks: [0, 50, 100] }],
    [[1_730], { max: 2_000, ticks: [0, 500, 1_000, 1_500, 2_000] }],
  ])('of %j has round numbers', (values, scale) => {
    expect(scaleOf(values)).toEqual(scale);
  });
});

describe('a line', () => {
  it('has a gap where there is no value', () => {
    const same = (value: number) => value;
    expect(stretches([1, undefined, 3, 4], same, same)).toEqual([
      [[0, 1]],
      [
        [2, 3],
        [3, 4],
      ],
    ]);
  });

  it('is a path, and an area down to the bottom', () => {
    const stretch = [
      [0, 5],
      [10, 2],
    ] as const;
    expect(pathOf(stretch)).toBe('M0.0 5.0L10.0 2.0');
    expect(areaOf(stretch, 20)).toBe('M0.0 5.0L10.0 2.0L10.0 20L0.0 20Z');
  });
});

it('labels as many points as there is room for', () => {
  expect(labelled(3, 500)).toEqual([0, 1, 2]);
  expect(labelled(24, 420)).toEqual([2, 7, 12, 17, 22]);
  expect(labelled(24, 10)).toEqual([12]);
});
