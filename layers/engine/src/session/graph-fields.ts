/** Reads the fields of a protobuf message, for the few things of a graph that the engine looks at: it has no library that reads them. */

export interface Field {
  readonly number: number;
  /** The value of a number; NaN for any other field. */
  readonly value: number;
  /** The bytes of a string, of bytes or of a message; none for any other field. */
  readonly content: Buffer;
  /** The field with its head. */
  readonly whole: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** @throws RangeError where the bytes are no protobuf message */
export function readFields(message: Buffer): Field[] {
  const fields: Field[] = [];
  for (let position = 0; position < message.length; ) {
    const tag = readVarint(message, position);
    const start = position + tag.bytes;
    const [wire, number] = [tag.value % 8, Math.floor(tag.value / 8)];
    const { value, content, end } = readValue(message, start, wire);
    if (end > message.length) throw new RangeError('A field is longer than its message.');
    fields.push({ number, value, content, whole: message.subarray(position, end) });
    position = end;
  }
  return fields;
}

function readValue(
  message: Buffer,
  start: number,
  wire: number,
): Pick<Field, 'value' | 'content'> & { end: number } {
  switch (wire) {
    case 0: {
      const { value, bytes } = readVarint(message, start);
      return { value, content: NOTHING, end: start + bytes };
    }
    case 1:
      return { value: Number.NaN, content: NOTHING, end: start + 8 };
    case 2: {
      const length = readVarint(message, start);
      const first = start + length.bytes;
      const end = first + length.value;
      return { value: Number.NaN, content: message.subarray(first, end), end };
    }
    case 5:
      return { value: Number.NaN, content: NOTHING, end: start + 4 };
    default:
      throw new RangeError(`A field has the wire type ${wire}.`);
  }
}

/** Exact up to 2^53: a negative number, which has ten bytes, is not. */
function readVarint(message: Buffer, start: number): { readonly value: number; readonly bytes: number } {
  let value = 0;
  for (let bytes = 0; bytes < 10; bytes++) {
    const byte = message.readUInt8(start + bytes);
    value += (byte & 0x7f) * 2 ** (7 * bytes);
    if (byte < 0x80) return { value, bytes: bytes + 1 };
  }
  throw new RangeError('A number has more than ten bytes.');
}
