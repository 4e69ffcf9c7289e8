/**
 * The zip files of `torch.save` since version 1.6 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT): every record is stored as it
 * is, so that the values of a tensor are a range of the file.
 */

import { readRange } from './byte-reader.ts';
import { PickleRefusal, quote } from './globals.ts';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const MAX_DIRECTORY_BYTES = 64 * 2 ** 20;
const MAX_RECORDS = 1_000_000;
const FULL16 = 0xffff;
const FULL32 = 0xffffffff;

export interface ZipRecord {
  readonly name: string;
  readonly bytes: number;
  readonly crc32: number;
  /** The place of the first byte in the file. */
  readonly start: number;
}

/** The records of the file by their names. @throws PickleRefusal for a file that is damaged, compressed or encrypted */
export function readZip(descriptor: number, fileBytes: number): Map<string, ZipRecord> {
  const { count, start, bytes } = findDirectory(descriptor, fileBytes);
  if (bytes > MAX_DIRECTORY_BYTES || count > MAX_RECORDS || start + bytes > fileBytes) {
    throw new PickleRefusal('its directory does not fit the file');
  }
  const directory = readRange(descriptor, start, bytes);
  const records = new Map<string, ZipRecord>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    const { entry, end } = readEntry(directory, at);
    at = end;
    if (records.has(entry.name)) throw new PickleRefusal(`it has the record ${quote(entry.name)} twice`);
    records.set(entry.name, locate(descriptor, entry, start));
  }
  refuseOverlaps(records.values());
  return records;
}

interface Directory {
  readonly count: number;
  readonly start: number;
  readonly bytes: number;
}

function findDirectory(descriptor: number, fileBytes: number): Directory {
  const tailStart = Math.max(0, fileBytes - END_BYTES - MAX_COMMENT_BYTES);
  const tail = readRange(descriptor, tailStart, fileBytes - tailStart);
  const signature = Buffer.alloc(4);
  signature.writeUInt32LE(END);
  const at = tail.lastIndexOf(signature);
  if (at < 0 || at + END_BYTES > tail.length) {
    throw new PickleRefusal('it is truncated: the directory at the end of the zip file is missing');
  }
  const directory = {
    count: tail.readUInt16LE(at + 10),
    bytes: tail.readUInt32LE(at + 12),
    start: tail.readUInt32LE(at + 16),
  };
  const isLarge = directory.count === FULL16 || directory.bytes === FULL32 || directory.start === FULL32;
  return isLarge ? (findDirectory64(descriptor, fileBytes, tailStart + at) ?? directory) : directory;
}

/** The directory of a file with 4 GiB or 65,535 records and more. */
function findDirectory64(descriptor: number, fileBytes: number, endStart: number): Directory | undefined {
  const locator = readRange(descriptor, Math.max(0, endStart - 20), 20);
  if (endStart < 20 || locator.length < 20 || locator.readUInt32LE(0) !== END64_LOCATOR) return undefined;
  const start = Number(locator.readBigUInt64LE(8));
  if (start + 56 > fileBytes) throw new PickleRefusal('its directory does not fit the file');
  const end = readRange(descriptor, start, 56);
  if (end.length < 56 || end.readUInt32LE(0) !== END64) {
    throw new PickleRefusal('its directory is damaged');
  }
  return {
    count: Number(end.readBigUInt64LE(32)),
    bytes: Number(end.readBigUInt64LE(40)),
    start: Number(end.readBigUInt64LE(48)),
  };
}

interface Entry {
  readonly name: string;
  readonly bytes: number;
  readonly crc32: number;
  /** The place of its own header. */
  readonly header: number;
}

function readEntry(directory: Buffer, at: number): { entry: Entry; end: number } {
  if (at + 46 > directory.length || directory.readUInt32LE(at) !== CENTRAL) {
    throw new PickleRefusal('its directory is damaged');
  }
  const flags = directory.readUInt16LE(at + 8);
  const method = directory.readUInt16LE(at + 10);
  const nameBytes = directory.readUInt16LE(at + 28);
  const extraBytes = directory.readUInt16LE(at + 30);
  const end = at + 46 + nameBytes + extraBytes + directory.readUInt16LE(at + 32);
  if (end > directory.length) throw new PickleRefusal('its directory is damaged');
  const name = directory.toString('utf8', at + 46, at + 46 + nameBytes);
  if ((flags & 1) !== 0) throw new PickleRefusal(`its record ${quote(name)} is encrypted`);
  if (method !== 0) {
    throw new PickleRefusal(`its record ${quote(name)} is compressed, and torch.save compresses nothing`);
  }
  const extra = directory.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
  const [bytes = 0, packed = 0, header = 0] = widen(
    [directory.readUInt32LE(at + 24), directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 42)],
    extra,
  );
  if (bytes !== packed) throw new PickleRefusal(`its record ${quote(name)} has two sizes`);
  return { entry: { name, bytes, crc32: directory.readUInt32LE(at + 16), header }, end };
}

/** Sizes and places that do not fit 32 bits stand in the extra field 1, in the same order. */
function widen(values: readonly number[], extra: Buffer): number[] {
  let wide: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) wide = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let next = 0;
  return values.map((value) => {
    if (value !== FULL32) return value;
    if (next + 8 > wide.length) throw new PickleRefusal('its directory is damaged');
    next += 8;
    return Number(wide.readBigUInt64LE(next - 8));
  });
}

function locate(descriptor: number, { name, bytes, crc32, header }: Entry, end: number): ZipRecord {
  const local = readRange(descriptor, header, 30);
  if (local.length < 30 || local.readUInt32LE(0) !== LOCAL || local.readUInt16LE(8) !== 0) {
    throw new PickleRefusal(`its record ${quote(name)} is not where its directory says`);
  }
  const start = header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + bytes > end) throw new PickleRefusal(`its record ${quote(name)} reaches over its directory`);
  return { name, bytes, crc32, start };
}

/** Many records over the same bytes make a small file large. */
function refuseOverlaps(records: Iterable<ZipRecord>): void {
  let covered = 0;
  for (const { name, start, bytes } of [...records].sort((one, other) => one.start - other.start)) {
    if (bytes === 0) continue;
    if (start < covered) throw new PickleRefusal(`its record ${quote(name)} overlaps another`);
    covered = start + bytes;
  }
}
