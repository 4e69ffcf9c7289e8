import { element, seriesClass, text, textWidth } from './svg.ts';

const SWATCH = 12;
const GAP = 18;
const ROW = 20;

/** Coloured names, in as many rows as they need. */
export function legend(
  names: readonly string[],
  x: number,
  y: number,
  width: number,
): { svg: string; height: number } {
  let left = x;
  let top = y;
  const items: string[] = [];
  for (const [index, name] of names.entries()) {
    const needed = SWATCH + 6 + textWidth(name) + GAP;
    if (left > x && left + needed > x + width) {
      left = x;
      top += ROW;
    }
    items.push(
      element('rect', {
        x: left,
        y: top - SWATCH + 2,
        width: SWATCH,
        height: SWATCH,
        class: seriesClass(index),
      }),
      text(name, left + SWATCH + 6, top),
    );
    left += needed;
  }
  return { svg: items.join(''), height: top - y + ROW };
}
