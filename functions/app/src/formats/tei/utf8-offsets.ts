/** Maps an offset in UTF-16 code units of `text` to the bytes of UTF-8 before it. An offset inside a pair maps to the pair's start. */
export function toBytes(text: string): (offset: number) => number {
  const bytes = new Uint32Array(text.length + 1);
  let count = 0;
  for (let unit = 0; unit < text.length; unit++) {
    bytes[unit] = count;
    const code = text.charCodeAt(unit);
    if ((code & 0xfc00) === 0xd800 && (text.charCodeAt(unit + 1) & 0xfc00) === 0xdc00) {
      bytes[++unit] = count;
      count += 4;
    } else count += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
  }
  bytes[text.length] = count;
  return (offset) => bytes[offset] ?? count;
}
