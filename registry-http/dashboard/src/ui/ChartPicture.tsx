import { useEffect, useRef, useState } from 'react';
import { areaOf, labelled, pathOf, scaleOf, stretches } from './chart';
import type { ChartLine, ChartPoint } from './TimeChart';

const HEIGHT = 220;
const MARGIN = { top: 8, right: 8, bottom: 24, left: 60 };
/** The same, for what lies over the picture. */
export const MARGIN_CLASS = 'inset-[8px_8px_24px_60px]';
/** Before the picture knows its own width. */
const FIRST_WIDTH = 640;

const STROKE = {
  accent: 'stroke-accent fill-accent',
  good: 'stroke-good fill-good',
  warning: 'stroke-warning fill-warning',
  danger: 'stroke-danger fill-danger',
  quiet: 'stroke-quiet fill-quiet',
};
const DASH = { solid: undefined, dashed: '6 4', dotted: '2 3' };

interface PictureProps {
  lines: readonly ChartLine[];
  points: readonly ChartPoint[];
  format: (value: number) => string;
  read: number | undefined;
}

/** The picture alone: screen readers get the words beside it. */
export function ChartPicture({ lines, points, format, read }: PictureProps) {
  const { ref, width } = useWidth();
  const column = (width - MARGIN.left - MARGIN.right) / Math.max(points.length, 1);
  const bottom = HEIGHT - MARGIN.bottom;
  const all = points.flatMap(({ values }) => lines.map(({ id }) => values[id]));
  const { max, ticks } = scaleOf(all.filter((value) => value !== undefined));
  const x = (index: number) => MARGIN.left + (index + 0.5) * column;
  const y = (value: number) => bottom - (value / max) * (bottom - MARGIN.top);
  return (
    <svg ref={ref} aria-hidden="true" width="100%" height={HEIGHT} className="block text-xs">
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} className="stroke-line" />
          <text x={MARGIN.left - 8} y={y(tick) + 4} textAnchor="end" className="fill-quiet">
            {format(tick)}
          </text>
        </g>
      ))}
      {labelled(points.length, width - MARGIN.left).map((index) => (
        <text key={index} x={x(index)} y={HEIGHT - 6} textAnchor="middle" className="fill-quiet">
          {points[index]?.tick}
        </text>
      ))}
      {read !== undefined && <line x1={x(read)} x2={x(read)} y1={MARGIN.top} y2={bottom} className="stroke-control" />}
      {lines.map((line) => (
        <Curve
          key={line.id}
          line={line}
          values={points.map(({ values }) => values[line.id])}
          {...{ x, y, bottom, read }}
        />
      ))}
    </svg>
  );
}

interface CurveProps {
  line: ChartLine;
  values: readonly (number | undefined)[];
  x: (index: number) => number;
  y: (value: number) => number;
  bottom: number;
  read: number | undefined;
}

function Curve({ line, values, x, y, bottom, read }: CurveProps) {
  const value = read === undefined ? undefined : values[read];
  return (
    <g className={STROKE[line.tone]} strokeWidth="2" strokeLinejoin="round" strokeLinecap="round">
      {stretches(values, x, y).map((stretch) => (
        <g key={pathOf(stretch)}>
          {line.isArea && <path d={areaOf(stretch, bottom)} stroke="none" fillOpacity="0.14" />}
          <path d={pathOf(stretch)} fill="none" strokeDasharray={DASH[line.dash ?? 'solid']} />
          {stretch.length === 1 && stretch[0] && <circle cx={stretch[0][0]} cy={stretch[0][1]} r="2" />}
        </g>
      ))}
      {read !== undefined && value !== undefined && <circle cx={x(read)} cy={y(value)} r="3.5" stroke="none" />}
    </g>
  );
}

/** Which line is which. */
export function Legend({ lines }: { lines: readonly ChartLine[] }) {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-quiet">
      {lines.map(({ id, name, tone, dash }) => (
        <li key={id} className="flex items-center gap-1.5">
          <svg aria-hidden="true" width="22" height="8" className={STROKE[tone]}>
            <line x1="1" x2="21" y1="4" y2="4" strokeWidth="2" strokeDasharray={DASH[dash ?? 'solid']} />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}

/** How wide the picture is, so that its texts keep their size. */
function useWidth() {
  const ref = useRef<SVGSVGElement>(null);
  const [width, setWidth] = useState(FIRST_WIDTH);
  useEffect(() => {
    if (!ref.current) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
