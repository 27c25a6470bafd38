import { useState } from 'react';
import { ChartPicture, Legend, MARGIN_CLASS } from './ChartPicture';
import { DataTable } from './DataTable';
import { NONE } from './format';
import { Reading } from './Reading';
import { Slots } from './Slots';

export interface ChartLine {
  /** By which points name it. */
  id: string;
  name: string;
  tone: 'accent' | 'good' | 'warning' | 'danger' | 'quiet';
  /** Dashes tell lines apart without colour. */
  dash?: 'solid' | 'dashed' | 'dotted';
  /** The room below the line is filled. */
  isArea?: boolean;
}

/** A part of time. All parts are equally long and in order; those of which nothing is known are there too, without values. */
export interface ChartPoint {
  id: string;
  /** The part in words. */
  when: string;
  /** The same, short: below the chart. */
  tick: string;
  values: Readonly<Record<string, number | undefined>>;
}

interface TimeChartProps {
  title: string;
  lines: readonly ChartLine[];
  points: readonly ChartPoint[];
  /** A value with its unit. */
  format: (value: number) => string;
}

/** Values over time. Arrow keys read it part by part, and there is a table of it. */
export function TimeChart({ title, lines, points, format }: TimeChartProps) {
  const [read, setRead] = useState<number>();
  const values = (point: ChartPoint) => lines.map(({ id, name }) => ({ name, text: textOf(point.values[id], format) }));
  const words = (point: ChartPoint) =>
    `${point.when}: ${values(point)
      .map(({ name, text }) => `${name} ${text}`)
      .join(', ')}`;
  const summary = summaryOf(lines, points, format);
  const point = read === undefined ? undefined : points[read];
  return (
    <figure className="flex flex-col gap-2">
      <figcaption className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <span className="font-medium">{title}</span>
        <Legend lines={lines} />
      </figcaption>
      <div className="relative">
        <ChartPicture lines={lines} points={points} format={format} read={read} />
        <Slots
          label={`${title}. ${summary}`}
          slots={points.map((one) => ({ id: one.id, words: words(one) }))}
          read={read}
          onRead={setRead}
          className={`absolute ${MARGIN_CLASS}`}
        />
      </div>
      <Reading
        words={point ? words(point) : summary}
        label={title}
        table={() => (
          <DataTable
            caption={title}
            head={['When', ...lines.map(({ name }) => name)]}
            rows={points.map((one) => [one.when, ...values(one).map(({ text }) => text)])}
          />
        )}
      />
    </figure>
  );
}

function textOf(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? NONE : format(value);
}

/** Each line in a few words: how low, how high, and how it is now. */
function summaryOf(
  lines: readonly ChartLine[],
  points: readonly ChartPoint[],
  format: (value: number) => string,
): string {
  const said = lines.flatMap(({ id, name }) => {
    const known = points.map(({ values }) => values[id]).filter((value) => value !== undefined);
    const last = known.at(-1);
    if (last === undefined) return [];
    const [least, most] = [Math.min(...known), Math.max(...known)];
    if (least === most) return [`${name} ${known.length > 1 ? 'always ' : ''}${format(last)}`];
    return [`${name} ${format(least)} to ${format(most)}, last ${format(last)}`];
  });
  return said.length === 0 ? 'Nothing in this time' : said.join('; ');
}
