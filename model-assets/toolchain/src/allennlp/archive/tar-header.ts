/** The headers of tar files (POSIX.1-2001 `pax`, and the older GNU form), as tarfile of Python writes them. */
import { ToolchainError } from '../../errors.ts';

export const BLOCK_BYTES = 512;

export interface TarHeader {
  readonly name: string;
  readonly bytes: number;
  /** A letter: `0` for a file, `5` for a folder. */
  readonly type: string;
}

/** Reads one header; undefined for the block of zeros that ends the file. @throws ToolchainError SOURCE_INVALID */
export function parseHeader(block: Buffer): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (sum !== parseNumber(block.subarray(148, 156))) throw damaged('the sum of a header differs');
  const isPosix = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isPosix ? text(block.subarray(345, 500)) : '';
  const name = text(block.subarray(0, 100));
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    bytes: parseNumber(block.subarray(124, 136)),
    type: block.toString('latin1', 156, 157),
  };
}

/** Octal digits, or a number of base 256 where the first bit is set. */
function parseNumber(field: Buffer): number {
  if ((field[0] ?? 0) & 0x80) {
    const value = BigInt(`0x${field.toString('hex')}`) & ((1n << BigInt(8 * field.length - 1)) - 1n);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw damaged('a size is impossible');
  }
  const digits = text(field).trim();
  if (!/^[0-7]*$/.test(digits)) throw damaged('a header is not tar');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

/** The records of a pax header, `length key=value\n` each: only those that say where a file goes and how long it is matter. */
export function parsePax(content: Buffer): { readonly name?: string; readonly bytes?: number } {
  const found: { name?: string; bytes?: number } = {};
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString('latin1', at, space));
    if (space < 0 || !Number.isInteger(length) || length < 5 || at + length > content.length) {
      throw damaged('an extended header is broken');
    }
    const record = content.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === 'path') found.name = value;
    if (key === 'size') found.bytes = parseSize(value);
    if (key.startsWith('GNU.sparse')) throw damaged('it has a sparse file');
    at += length;
  }
  return found;
}

function parseSize(digits: string): number {
  const bytes = /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
  if (bytes === undefined) throw damaged('a size is impossible');
  return bytes;
}

export function damaged(reason: string): ToolchainError {
  return new ToolchainError('SOURCE_INVALID', `The archive is damaged: ${reason}.`);
}
