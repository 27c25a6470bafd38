/** How many lines there are across a chart, at about. */
const TICKS = 4;
/** A label of the time axis has this much room, in pixels. */
const LABEL_WIDTH = 84;

export interface Scale {
  max: number;
  ticks: readonly number[];
}

/** An axis from 0 over all `values`, with round numbers on it. */
export function scaleOf(values: readonly number[]): Scale {
  const step = roundStep(Math.max(...values, 1) / TICKS);
  const steps = Math.max(Math.ceil(Math.max(...values, 0) / step), 1);
  return { max: step * steps, ticks: Array.from({ length: steps + 1 }, (_, index) => index * step) };
}

/** 1, 2 or 5 times a power of ten, at least `rough`, and at least 1. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10;
  return step * power;
}

/** Points of a line, in pixels. Where there is no value the line has a gap. */
export type Stretch = readonly (readonly [x: number, y: number])[];

/** The stretches of a line without gaps. */
export function stretches(
  values: readonly (number | undefined)[],
  x: (index: number) => number,
  y: (value: number) => number,
): Stretch[] {
  const found: [number, number][][] = [];
  values.forEach((value, index) => {
    if (value === undefined) return;
    const isNew = index === 0 || values[index - 1] === undefined;
    if (isNew) found.push([]);
    found.at(-1)?.push([x(index), y(value)]);
  });
  return found;
}

/** A stretch as the path of an SVG. */
export function pathOf(stretch: Stretch): string {
  return stretch.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}

/** The area between a stretch and the line at `bottom`. */
export function areaOf(stretch: Stretch, bottom: number): string {
  const first = stretch[0]?.[0] ?? 0;
  const last = stretch.at(-1)?.[0] ?? 0;
  return `${pathOf(stretch)}L${last.toFixed(1)} ${bottom}L${first.toFixed(1)} ${bottom}Z`;
}

/** Which points have their time below them, so that the labels do not touch. */
export function labelled(points: number, width: number): number[] {
  const most = Math.max(Math.floor(width / LABEL_WIDTH), 1);
  const every = Math.max(Math.ceil(points / most), 1);
  const indices = Array.from({ length: points }, (_, index) => index);
  return indices.filter((index) => index % every === Math.floor(every / 2));
}
