/** The libraries that a shared library asks the dynamic loader for: `DT_NEEDED` of its dynamic section (man 5 elf). */
import { closeSync, openSync, readSync } from 'node:fs';

const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
const CLASS_64_BIT = 2;
const LITTLE_ENDIAN = 1;
const HEADER_BYTES = 64;
const DYNAMIC_ENTRY_BYTES = 16;
const SEGMENT = { load: 1, dynamic: 2 };
const TAG = { end: 0n, needed: 1n, stringTable: 5n, stringBytes: 10n };

/** A part of the file, and the address that it is loaded at. */
interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: bigint;
  readonly bytes: number;
}

/** Names such as `libcudart.so.12`, in the order of the file; none of a file that is no 64-bit ELF library. */
export function neededLibraries(path: string): readonly string[] {
  const file = openSync(path, 'r');
  try {
    const segments = segmentsOf(file);
    const dynamic = segments.find(({ type }) => type === SEGMENT.dynamic);
    if (dynamic === undefined) return [];
    const entries = entriesOf(read(file, dynamic.offset, dynamic.bytes));
    const numberOf = (wanted: bigint): bigint => entries.find(([tag]) => tag === wanted)?.[1] ?? 0n;
    const address = numberOf(TAG.stringTable);
    const home = segments.find(
      ({ type, address: start, bytes }) =>
        type === SEGMENT.load && address >= start && address < start + BigInt(bytes),
    );
    if (home === undefined) return [];
    const offset = home.offset + Number(address - home.address);
    const strings = read(file, offset, Number(numberOf(TAG.stringBytes)));
    return entries.filter(([tag]) => tag === TAG.needed).map(([, at]) => textAt(strings, Number(at)));
  } finally {
    closeSync(file);
  }
}

function segmentsOf(file: number): readonly Segment[] {
  const header = read(file, 0, HEADER_BYTES);
  const isElf = header.length === HEADER_BYTES && header.subarray(0, MAGIC.length).equals(MAGIC);
  if (!isElf || header[4] !== CLASS_64_BIT || header[5] !== LITTLE_ENDIAN) return [];
  const entryBytes = header.readUInt16LE(54);
  const count = header.readUInt16LE(56);
  const table = read(file, Number(header.readBigUInt64LE(32)), entryBytes * count);
  return Array.from({ length: count }, (_, index) => {
    const entry = table.subarray(index * entryBytes);
    return {
      type: entry.readUInt32LE(0),
      offset: Number(entry.readBigUInt64LE(8)),
      address: entry.readBigUInt64LE(16),
      bytes: Number(entry.readBigUInt64LE(32)),
    };
  });
}

/** Tag and value of each entry up to the one that ends them. */
function entriesOf(section: Buffer): readonly (readonly [bigint, bigint])[] {
  const entries: (readonly [bigint, bigint])[] = [];
  for (let at = 0; at + DYNAMIC_ENTRY_BYTES <= section.length; at += DYNAMIC_ENTRY_BYTES) {
    const tag = section.readBigUInt64LE(at);
    if (tag === TAG.end) break;
    entries.push([tag, section.readBigUInt64LE(at + 8)]);
  }
  return entries;
}

function textAt(strings: Buffer, start: number): string {
  return strings.toString('utf8', start, strings.indexOf(0, start));
}

function read(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, position));
}
