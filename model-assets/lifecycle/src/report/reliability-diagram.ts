import { legend } from './legend.ts';
import { tickLabel } from './scales.ts';
import { drawing, element, seriesClass, text } from './svg.ts';

const LEFT = 64;
const SIDE = 320;
const COUNTS = 70;
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** The answers whose confidence lies in one interval. */
export interface ConfidenceBin {
  /** From 0 to 1, as `to`. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** The mean confidence of its answers, 0 to 1; 0 where it has none. */
  readonly confidence: number;
  /** The share of them that are right, 0 to 1; 0 where it has none. */
  readonly accuracy: number;
}

/**
 * How often a model is right where it says that it is sure: bars on the diagonal mean that its confidence can be taken at its word. Below,
 * how many answers each bar stands for.
 */
export function reliabilityDiagram(title: string, bins: readonly ConfidenceBin[]): string {
  const key = legend(['share that is right', 'mean confidence'], 16, 50, SIDE + LEFT);
  const top = 52 + key.height;
  const bottom = top + SIDE;
  const across = (share: number): number => LEFT + share * SIDE;
  const up = (share: number): number => bottom - share * SIDE;
  const countTop = bottom + 40;
  const countBottom = countTop + COUNTS;
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const filled = bins.filter(({ count }) => count > 0);
  return drawing(
    title,
    LEFT + SIDE + 80,
    countBottom + 30,
    text(title, 16, 24, 'start', 'title'),
    key.svg,
    ...TICKS.map(
      (tick) =>
        element('line', { x1: LEFT, x2: LEFT + SIDE, y1: up(tick), y2: up(tick), class: 'axis' }) +
        text(tickLabel(tick), LEFT - 8, up(tick) + 4, 'end') +
        text(tickLabel(tick), across(tick), bottom + 18, 'middle'),
    ),
    ...filled.map(({ from, to, accuracy }) =>
      element('rect', {
        x: across(from) + 1,
        y: up(accuracy),
        width: across(to) - across(from) - 2,
        height: bottom - up(accuracy),
        class: seriesClass(0),
      }),
    ),
    element('line', {
      x1: across(0),
      y1: up(0),
      x2: across(1),
      y2: up(1),
      class: 'axis',
      'stroke-dasharray': '4 4',
    }),
    ...filled.map(({ confidence, from, to }) =>
      element('line', {
        x1: across(from) + 1,
        x2: across(to) - 1,
        y1: up(confidence),
        y2: up(confidence),
        class: `line ${seriesClass(1)}`,
      }),
    ),
    ...filled.map(({ from, to, count }) => {
      const height = (COUNTS * count) / most;
      return element('rect', {
        x: across(from) + 1,
        y: countBottom - height,
        width: across(to) - across(from) - 2,
        height,
        class: seriesClass(5),
      });
    }),
    text(tickLabel(most), LEFT - 8, countTop + 10, 'end'),
    element('line', { x1: LEFT, x2: LEFT + SIDE, y1: countBottom, y2: countBottom, class: 'axis' }),
    text('answers by confidence', LEFT, countBottom + 18),
  );
}
