/** Numbers, texts and constants of a pickle. */
import { PickleRefusal } from './globals.ts';
import { OPCODE } from './opcodes.ts';
import type { PickleValue } from './values.ts';

/** Gives the next bytes. */
type Take = (length: number) => Buffer;

const MAX_TEXT_BYTES = 2 ** 16;

/** The value that an opcode stands for; undefined where it is none of these opcodes. @throws PickleRefusal */
export function readScalar(opcode: number, take: Take): PickleValue | undefined {
  switch (opcode) {
    case OPCODE.NONE:
      return null;
    case OPCODE.NEWTRUE:
      return true;
    case OPCODE.NEWFALSE:
      return false;
    case OPCODE.BININT:
      return take(4).readInt32LE();
    case OPCODE.BININT1:
      return take(1).readUInt8();
    case OPCODE.BININT2:
      return take(2).readUInt16LE();
    case OPCODE.LONG1:
      return readLong(take(1).readUInt8(), take);
    case OPCODE.BINFLOAT:
      return take(8).readDoubleBE();
    case OPCODE.SHORT_BINUNICODE:
    case OPCODE.SHORT_BINSTRING:
      return readText(take(1).readUInt8(), take);
    case OPCODE.BINUNICODE:
    case OPCODE.BINSTRING:
      return readText(take(4).readUInt32LE(), take);
    default:
      return undefined;
  }
}

/** A whole number of `length` bytes in two's complement, the lowest first. */
function readLong(length: number, take: Take): bigint {
  const bytes = Buffer.from(take(length)).reverse();
  return length === 0 ? 0n : BigInt.asIntN(8 * length, BigInt(`0x${bytes.toString('hex')}`));
}

function readText(length: number, take: Take): string {
  if (length > MAX_TEXT_BYTES) throw new PickleRefusal(`it has a text of ${length} bytes`);
  return take(length).toString('utf8');
}
