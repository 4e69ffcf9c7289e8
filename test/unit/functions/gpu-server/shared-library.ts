/** The smallest ELF file that asks the loader for libraries: header, a segment that is all of the file, a dynamic section. */

const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
/** Where the file says that it is to be loaded; that it is not 0 shows whether addresses are turned into offsets. */
const ADDRESS = 0x1000n;

export function sharedLibrary(needed: readonly string[]): Buffer {
  const strings = Buffer.from(`\0${needed.map((name) => `${name}\0`).join('')}`);
  const start = HEADER_BYTES + 2 * SEGMENT_BYTES;
  const dynamicBytes = 16 * (needed.length + 3);
  const stringsAt = start + dynamicBytes;
  const file = Buffer.alloc(stringsAt + strings.length);
  file.write('\x7fELF\x02\x01\x01', 'latin1');
  file.writeUInt16LE(3, 16);
  file.writeUInt16LE(62, 18);
  file.writeBigUInt64LE(BigInt(HEADER_BYTES), 32);
  file.writeUInt16LE(SEGMENT_BYTES, 54);
  file.writeUInt16LE(2, 56);
  writeSegment(file, HEADER_BYTES, { type: 1, offset: 0, bytes: file.length });
  writeSegment(file, HEADER_BYTES + SEGMENT_BYTES, { type: 2, offset: start, bytes: dynamicBytes });
  let at = 1;
  const entries = needed.map((name) => {
    const entry = [1n, BigInt(at)] as const;
    at += name.length + 1;
    return entry;
  });
  const all = [
    ...entries,
    [5n, ADDRESS + BigInt(stringsAt)],
    [10n, BigInt(strings.length)],
    [0n, 0n],
  ] as const;
  for (const [index, [tag, value]] of all.entries()) {
    file.writeBigUInt64LE(tag, start + 16 * index);
    file.writeBigUInt64LE(value, start + 16 * index + 8);
  }
  strings.copy(file, stringsAt);
  return file;
}

function writeSegment(
  file: Buffer,
  at: number,
  { type, offset, bytes }: { readonly type: number; readonly offset: number; readonly bytes: number },
): void {
  file.writeUInt32LE(type, at);
  file.writeBigUInt64LE(BigInt(offset), at + 8);
  file.writeBigUInt64LE(ADDRESS + BigInt(offset), at + 16);
  file.writeBigUInt64LE(BigInt(bytes), at + 32);
}
