import { legend } from './legend.ts';
import { type Axis, linearAxis, logAxis, tickLabel } from './scales.ts';
import { drawing, element, seriesClass, text, textWidth } from './svg.ts';
import { readable } from './tick-labels.ts';
import { valueLines } from './value-lines.ts';

const WIDTH = 760;
const PLOT = 300;

/** One line, and its name in the legend. */
export interface Curve {
  readonly subject: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly curves: readonly Curve[];
  /** True where x goes up by factors; its ticks are then the points' own. */
  readonly logarithmic: boolean;
}

/** Curves over one pair of axes; y begins at zero. */
export function lineChart({ title, x, y, curves, logarithmic }: LineChart): string {
  const points = curves.flatMap((curve) => curve.points);
  const xs = [...new Set(points.map(([at]) => at))].sort((a, b) => a - b);
  const highest = Math.max(...points.map(([, value]) => value));
  const key = legend(
    curves.map(({ subject }) => subject),
    16,
    50,
    WIDTH - 32,
  );
  const top = 60 + key.height;
  const bottom = top + PLOT;
  const vertical = linearAxis(highest, bottom, top);
  const left = 28 + Math.max(...vertical.ticks.map((tick) => textWidth(tickLabel(tick))));
  const horizontal = logarithmic
    ? logAxis(xs, left + 8, WIDTH - 36)
    : linearAxis(Math.max(...xs), left, WIDTH - 36);
  return drawing(
    title,
    WIDTH,
    bottom + 46,
    text(title, 16, 24, 'start', 'title'),
    key.svg,
    text(y, 16, top - 12),
    ...valueLines(vertical, left, WIDTH - 20),
    ...readable(horizontal.ticks.map((value) => ({ value, at: horizontal.scale(value) }))).map(
      ({ value, at }) => text(tickLabel(value), at, bottom + 18, 'middle'),
    ),
    text(x, WIDTH - 20, bottom + 38, 'end'),
    ...curves.map((curve, index) => path(curve, index, horizontal, vertical)),
  );
}

function path({ points }: Curve, index: number, horizontal: Axis, vertical: Axis): string {
  const places = points.map(([x, y]) => [horizontal.scale(x), vertical.scale(y)] as const);
  const d = places.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
  const dots =
    places.length > 20
      ? []
      : places.map(([cx, cy]) => element('circle', { cx, cy, r: 3, class: seriesClass(index) }));
  return element('path', { d, class: `line ${seriesClass(index)}` }) + dots.join('');
}
