/** The two layouts of `torch.save`: where the pickle stands in the file, and where the values of each storage are. */
import { crc32 } from 'node:zlib';
import { ByteReader, readRange } from './byte-reader.ts';
import { PickleRefusal, quote } from './globals.ts';
import { readPickle, type StorageTypes } from './pickle.ts';
import { DTYPE_BYTES, PickleDict, PickleList, type PickleValue } from './values.ts';
import { readZip } from './zip.ts';

/** The values of a storage in the file. */
export interface StoredRange {
  readonly start: number;
  readonly bytes: number;
  /** @default - the layout has no sums */
  readonly crc32?: number;
}

export interface TorchLayout {
  /** What was saved: a state dict. */
  readonly root: PickleValue;
  /** By the key of the storage. */
  readonly storages: ReadonlyMap<string, StoredRange>;
}

/** The first bytes of a file of `torch.save` of one of the two layouts. */
export function isTorchStart(start: Buffer): boolean {
  return isZip(start) || isLegacy(start);
}

function isZip(start: Buffer): boolean {
  return start.length >= 4 && start.readUInt32LE(0) === 0x04034b50;
}

/** A pickle of protocol 2 and more, which begins with a number of 10 bytes. */
function isLegacy(start: Buffer): boolean {
  return start.length >= 4 && start[0] === 0x80 && start[2] === 0x8a && start[3] === 10;
}

/** @throws PickleRefusal */
export function readLayout(descriptor: number, fileBytes: number): TorchLayout {
  const start = readRange(descriptor, 0, 300);
  if (isZip(start)) return readZipLayout(descriptor, fileBytes);
  if (isLegacy(start)) return readLegacyLayout(descriptor, fileBytes);
  throw new PickleRefusal(explainStart(start));
}

function explainStart(start: Buffer): string {
  const text = start.toString('latin1');
  if (start.length === 0) return 'it is empty';
  if (text.startsWith('version https://git-lfs')) {
    return 'it is the pointer that Git LFS leaves in place of a large file. Fetch the file: git lfs pull';
  }
  if (/^\s*<(!doctype|html)/i.test(text)) return 'it is a web page. Download the file itself';
  if (text.slice(257, 262) === 'ustar') return 'it is a tar file of torch before 0.1.10, which is not read';
  if (start[0] === 0x80) return 'it is a pickle that torch.save did not write';
  return 'it is no file of torch.save';
}

const RECORD = /^(?<folder>[^/]+)\/data\.pkl$/;

function readZipLayout(descriptor: number, fileBytes: number): TorchLayout {
  const records = readZip(descriptor, fileBytes);
  const [folder, another] = [...records.keys()].flatMap((name) => RECORD.exec(name)?.groups?.folder ?? []);
  if (folder === undefined || another !== undefined) {
    throw new PickleRefusal('it is a zip file without the data.pkl of torch.save');
  }
  if (records.has(`${folder}/constants.pkl`)) {
    throw new PickleRefusal('it is a TorchScript program, not weights. Save model.state_dict() instead');
  }
  const order = records.get(`${folder}/byteorder`);
  if (
    order !== undefined &&
    readRange(descriptor, order.start, Math.min(order.bytes, 10)).toString() !== 'little'
  ) {
    throw new PickleRefusal('its numbers are big-endian');
  }
  const pickle = records.get(`${folder}/data.pkl`);
  if (pickle === undefined) throw new PickleRefusal('it has no data.pkl');
  checkSum(descriptor, pickle);
  const root = readPickle(new ByteReader(descriptor, pickle.start, pickle.start + pickle.bytes));
  const data = `${folder}/data/`;
  return {
    root,
    storages: new Map(
      [...records]
        .filter(([name]) => name.startsWith(data))
        .map(([name, { start, bytes, crc32: sum }]) => [
          name.slice(data.length),
          { start, bytes, crc32: sum },
        ]),
    ),
  };
}

const SUM_BYTES = 2 ** 20;

/** @throws PickleRefusal where a record has not the bytes that were written */
export function checkSum(descriptor: number, { start, bytes, crc32: expected }: StoredRange): void {
  if (expected === undefined) return;
  let sum = 0;
  for (let done = 0; done < bytes; done += SUM_BYTES) {
    sum = crc32(readRange(descriptor, start + done, Math.min(SUM_BYTES, bytes - done)), sum);
  }
  if (sum !== expected) throw new PickleRefusal('it is damaged: a sum differs. Copy or download it again');
}

/** MAGIC_NUMBER and PROTOCOL_VERSION of torch/serialization.py. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;

/** Four pickles, of which the third is what was saved and the fourth the keys of the storages, then the storages in that order. */
function readLegacyLayout(descriptor: number, fileBytes: number): TorchLayout {
  const reader = new ByteReader(descriptor, 0, fileBytes);
  if (readPickle(reader) !== MAGIC) throw new PickleRefusal('it is a pickle that torch.save did not write');
  if (readPickle(reader) !== VERSION) throw new PickleRefusal('it is of an unknown version of torch.save');
  const system = readPickle(reader);
  if (!(system instanceof PickleDict) || system.entries.get('little_endian') !== true) {
    throw new PickleRefusal('its numbers are not little-endian');
  }
  const types: StorageTypes = new Map();
  const root = readPickle(reader, types);
  const keys = readPickle(reader);
  if (!(keys instanceof PickleList)) throw new PickleRefusal('it does not list its storages');
  return { root, storages: findStorages(reader, keys.items, types) };
}

function findStorages(
  reader: ByteReader,
  keys: readonly PickleValue[],
  types: StorageTypes,
): Map<string, StoredRange> {
  const ranges = new Map<string, StoredRange>();
  for (const key of keys) {
    const dtype = typeof key === 'string' ? types.get(key) : undefined;
    if (typeof key !== 'string' || dtype === undefined) {
      throw new PickleRefusal(`it has a storage ${quote(String(key))} that no tensor uses`);
    }
    const length = reader.take(8)?.readBigInt64LE();
    if (length === undefined) throw new PickleRefusal('it is truncated: values are missing');
    const bytes = Number(length) * DTYPE_BYTES[dtype];
    if (bytes < 0 || bytes > reader.left) throw new PickleRefusal('it is truncated: values are missing');
    ranges.set(key, { start: reader.position, bytes });
    reader.position += bytes;
  }
  if (reader.left > 0) throw new PickleRefusal(`its last ${reader.left} bytes belong to no tensor`);
  return ranges;
}
