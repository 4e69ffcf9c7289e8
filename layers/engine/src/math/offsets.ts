/**
 * Two ways to count characters. The Rust tokenizers and Python count Unicode code points (an emoji is 1),
 * JavaScript strings count UTF-16 code units (an emoji is 2). A lone surrogate counts 1 in both.
 */
const HAS_SURROGATE = /[\ud800-\udfff]/;

/** Maps an offset in one unit to the same place in the other. */
export type OffsetMap = (offset: number) => number;

const same: OffsetMap = (offset) => offset;

/** From code points to UTF-16 code units of `text`. Offsets past the end map to the end. */
export function toUtf16(text: string): OffsetMap {
  if (!HAS_SURROGATE.test(text)) return same;
  const starts: number[] = [];
  let unit = 0;
  for (const character of text) {
    starts.push(unit);
    unit += character.length;
  }
  return (offset) => starts[offset] ?? text.length;
}

/** From UTF-16 code units of `text` to code points. An offset inside a pair maps to the pair's start. */
export function toCodePoints(text: string): OffsetMap {
  if (!HAS_SURROGATE.test(text)) return same;
  const points: number[] = [];
  let point = 0;
  for (const character of text) {
    for (let i = 0; i < character.length; i++) points.push(point);
    point += 1;
  }
  return (offset) => points[offset] ?? point;
}
