/** Turns offsets in UTF-16 code units into offsets in code points, as Python counts them. */
export function codePointsOf(text: string): (offset: number) => number {
  const positions = new Uint32Array(text.length + 1);
  let points = 0;
  for (let i = 0; i < text.length; i++) {
    positions[i] = points;
    const code = text.codePointAt(i) ?? 0;
    if (code > 0xff_ff) {
      i += 1;
      positions[i] = points;
    }
    points += 1;
  }
  positions[text.length] = points;
  return (offset) => positions[offset] ?? points;
}
