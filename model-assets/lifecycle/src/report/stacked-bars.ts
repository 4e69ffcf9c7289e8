import { legend } from './legend.ts';
import { linearAxis, tickLabel } from './scales.ts';
import { drawing, element, seriesClass, text, textWidth } from './svg.ts';

const WIDTH = 760;
const BAR = 26;
const PITCH = 40;
const TOP = 64;

/** One bar: its name, and its parts from left to right. */
export interface Stack {
  readonly subject: string;
  readonly parts: readonly { readonly name: string; readonly value: number }[];
}

/** Horizontal bars made of parts, with the sum at the end of each. */
export function stackedBars(title: string, unit: string, stacks: readonly Stack[]): string {
  const names = [...new Set(stacks.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  const sums = stacks.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const sumLabels = sums.map((sum) => `${tickLabel(Math.round(sum))} ${unit}`);
  const left = 24 + Math.max(...stacks.map(({ subject }) => textWidth(subject)));
  const right = WIDTH - 12 - Math.max(...sumLabels.map((label) => textWidth(label)));
  const key = legend(names, 16, 50, WIDTH - 32);
  const top = TOP + key.height - 14;
  const bottom = top + stacks.length * PITCH;
  const axis = linearAxis(Math.max(...sums), left, right - 8);
  const grid = axis.ticks.map(
    (tick) =>
      element('line', {
        x1: axis.scale(tick),
        x2: axis.scale(tick),
        y1: top - 4,
        y2: bottom,
        class: 'axis',
      }) + text(tickLabel(tick), axis.scale(tick), bottom + 16, 'middle'),
  );
  const bars = stacks.map((stack, row) => {
    const y = top + row * PITCH + (PITCH - BAR) / 2;
    return (
      bar(stack, y, names, axis.scale) +
      text(sumLabels[row] ?? '', axis.scale(sums[row] ?? 0) + 6, y + BAR / 2 + 4)
    );
  });
  const unitLabel = text(unit, left, bottom + 34);
  return drawing(
    title,
    WIDTH,
    bottom + 46,
    text(title, 16, 24, 'start', 'title'),
    key.svg,
    ...grid,
    ...bars,
    unitLabel,
  );
}

function bar(
  { subject, parts }: Stack,
  y: number,
  names: readonly string[],
  scale: (value: number) => number,
): string {
  let before = 0;
  const rects = parts.map(({ name, value }) => {
    const x = scale(before);
    before += value;
    return element('rect', {
      x,
      y,
      width: scale(before) - x,
      height: BAR,
      class: seriesClass(names.indexOf(name)),
    });
  });
  return text(subject, scale(0) - 8, y + BAR / 2 + 4, 'end') + rects.join('');
}
