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
  const starts = new Uint32Array(text.length);
  let points = 0;
  for (let unit = 0; unit < text.length; unit += isPair(text, unit) ? 2 : 1) starts[points++] = unit;
  return (offset) => (offset < points ? (starts[offset] ?? 0) : text.length);
}

/** From UTF-16 code units of `text` to code points. An offset inside a pair maps to the pair's start. */
export function toCodePoints(text: string): OffsetMap {
  if (!HAS_SURROGATE.test(text)) return same;
  const points = new Uint32Array(text.length);
  let point = 0;
  for (let unit = 0; unit < text.length; unit++) {
    if (isPair(text, unit)) points[unit++] = point;
    points[unit] = point;
    point += 1;
  }
  return (offset) => points[offset] ?? point;
}

/** Whether the code units at `unit` and after it are one character. Iterating over a long text takes ten times as long. */
function isPair(text: string, unit: number): boolean {
  return (text.charCodeAt(unit) & 0xfc00) === 0xd800 && (text.charCodeAt(unit + 1) & 0xfc00) === 0xdc00;
}
