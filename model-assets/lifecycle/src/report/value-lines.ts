import { type Axis, tickLabel } from './scales.ts';
import { element, text } from './svg.ts';

/** A horizontal line at each tick of a vertical axis, over `left`..`right` pixels, with its value to the left of it. */
export function valueLines({ ticks, scale }: Axis, left: number, right: number): readonly string[] {
  return ticks.map((tick) => {
    const y = scale(tick);
    const line = element('line', { x1: left, x2: right, y1: y, y2: y, class: 'axis' });
    return line + text(tickLabel(tick), left - 8, y + 4, 'end');
  });
}
