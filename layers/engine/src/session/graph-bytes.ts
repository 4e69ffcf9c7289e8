/** Fields of a protobuf message as bytes, for tiny graphs that the engine writes by hand: it has no library that writes them. */

/** A field with a number. */
export function number(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

/** A field with a string. */
export function text(field: number, value: string): number[] {
  return bytes(field, Buffer.from(value));
}

/** A field with bytes, or with a message. */
export function bytes(field: number, content: Iterable<number>): number[] {
  const values = [...content];
  return [...head(field, values.length), ...values];
}

/** What comes before the bytes of a string, of bytes or of a message. */
export function head(field: number, length: number): number[] {
  return [...varint((field << 3) | 2), ...varint(length)];
}

/** Seven bits a byte, the lowest first; all but the last have their highest bit set. */
function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
