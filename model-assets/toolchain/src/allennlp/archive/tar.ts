/**
 * Unpacks the files of an AllenNLP archive into a folder of its own. Archives come from anywhere: a file goes nowhere but there,
 * links and devices are refused, and so is what is larger than a model can be. A bad member refuses the whole archive.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ToolchainError } from '../../errors.ts';
import { quote } from '../../torch/globals.ts';
import { isTorchStart } from '../../torch/layout.ts';
import { ByteStream, gunzip } from './byte-stream.ts';
import { BLOCK_BYTES, damaged, parseHeader, parsePax, type TarHeader } from './tar-header.ts';

const MEBIBYTE = 2 ** 20;
const MAX_MEMBERS = 10_000;
const MAX_EXTENDED_BYTES = MEBIBYTE;

/** The files that are read of an archive, with the most bytes of each. Others are passed over. */
const KEPT: readonly (readonly [name: RegExp, maxBytes: number])[] = [
  [/^config\.json$/, 16 * MEBIBYTE],
  [/^meta\.json$/, MEBIBYTE],
  [/^weights\.th$/, 64 * 2 ** 30],
  [/^vocabulary\/(?!\.)[^/]+$/, 128 * MEBIBYTE],
];

/** What an archive holds: the bytes of each of its files. */
export interface UnpackedFiles {
  /** Unpacked, by their names in the archive. */
  readonly kept: ReadonlyMap<string, number>;
  /** Files that nothing here reads. */
  readonly ignored: ReadonlyMap<string, number>;
}

/** @throws ToolchainError SOURCE_INVALID where the archive is damaged or would write anywhere but into `folder` */
export async function unpackArchive(path: string, folder: string): Promise<UnpackedFiles> {
  const stream = new ByteStream(gunzip(path));
  const kept = new Map<string, number>();
  const ignored = new Map<string, number>();
  try {
    for await (const { name, bytes } of members(stream)) {
      if (kept.has(name) || ignored.has(name)) throw damaged(`it has ${quote(name)} twice`);
      if (kept.size + ignored.size >= MAX_MEMBERS) throw damaged(`it has more than ${MAX_MEMBERS} files`);
      const limit = KEPT.find(([pattern]) => pattern.test(name))?.[1];
      if (limit === undefined) {
        ignored.set(name, bytes);
        await skip(stream, bytes);
        continue;
      }
      if (bytes > limit) {
        throw new ToolchainError(
          'SOURCE_INVALID',
          `${quote(name)} of the archive has ${bytes} bytes; at most ${limit} are read of it.`,
        );
      }
      kept.set(name, bytes);
      await write(stream, join(folder, name), bytes, name === 'weights.th');
    }
  } finally {
    await stream.close();
  }
  return { kept, ignored };
}

/** The files of the archive by their plain names; the content of each is the next in the stream. */
async function* members(stream: ByteStream): AsyncGenerator<{ name: string; bytes: number }> {
  let longName: string | undefined;
  let longBytes: number | undefined;
  let isFirst = true;
  for (;;) {
    const block = await stream.take(BLOCK_BYTES);
    if (block.length < BLOCK_BYTES) throw isFirst ? notTar() : truncated();
    const header = parseFirst(block, isFirst);
    isFirst = false;
    if (header === undefined) break;
    if (header.type === 'x' || header.type === 'g' || header.type === 'L') {
      const content = await extended(stream, header);
      if (header.type === 'L') longName = content.toString('utf8').replace(/\0+$/, '');
      if (header.type !== 'x') continue;
      const { name, bytes } = parsePax(content);
      longName = name ?? longName;
      longBytes = bytes;
      continue;
    }
    const name = plainName(longName ?? header.name);
    const bytes = longBytes ?? header.bytes;
    [longName, longBytes] = [undefined, undefined];
    refuseSpecial(header.type, name);
    if (header.type === '5') continue;
    yield { name, bytes };
    await padding(stream, bytes);
  }
  // What follows the end is read to its end as well: gzip has its sum there.
  await skip(stream, Number.MAX_SAFE_INTEGER);
}

function parseFirst(block: Buffer, isFirst: boolean): TarHeader | undefined {
  try {
    return parseHeader(block);
  } catch (error) {
    throw isFirst ? notTar() : error;
  }
}

async function extended(stream: ByteStream, { bytes }: TarHeader): Promise<Buffer> {
  if (bytes > MAX_EXTENDED_BYTES) throw damaged(`an extended header has ${bytes} bytes`);
  const content = await stream.take(bytes);
  if (content.length < bytes) throw truncated();
  await padding(stream, bytes);
  return content;
}

const SPECIAL: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '6': 'a pipe',
};

function refuseSpecial(type: string, name: string): void {
  if (type === '0' || type === '\0' || type === '7' || type === '5') return;
  const kind = SPECIAL[type] ?? `of the unknown type ${quote(type)}`;
  throw new ToolchainError('SOURCE_INVALID', `${quote(name)} of the archive is ${kind}, and no file.`);
}

/** A name without the `./` that some archives have before it. @throws ToolchainError SOURCE_INVALID where it leads out */
function plainName(name: string): string {
  const parts = name.split('/').filter((part, at) => part !== '.' && (part !== '' || at === 0));
  if (name === '' || name.length > 1_000 || parts.includes('..') || /^\/|^[a-zA-Z]:|[\\\0]/.test(name)) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `The archive has the name ${quote(name)}, which leads out of its folder.`,
    );
  }
  return parts.join('/');
}

async function write(stream: ByteStream, path: string, bytes: number, isWeights: boolean): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'wx', 0o600);
  try {
    let written = 0;
    for await (const piece of stream.pieces(bytes)) {
      if (written === 0 && isWeights && piece.length >= 4 && !isTorchStart(piece)) {
        throw new ToolchainError('WEIGHTS_INVALID', 'weights.th is refused: it is no file of torch.save.');
      }
      for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
      written += piece.length;
    }
    if (written < bytes) throw truncated();
  } finally {
    closeSync(file);
  }
}

async function padding(stream: ByteStream, bytes: number): Promise<void> {
  await skip(stream, (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES);
}

async function skip(stream: ByteStream, bytes: number): Promise<void> {
  for await (const _ of stream.pieces(bytes)) {
    // Passed over.
  }
}

function truncated(): ToolchainError {
  return new ToolchainError('SOURCE_INVALID', 'The archive is truncated. Copy or download it again.');
}

function notTar(): ToolchainError {
  return new ToolchainError(
    'SOURCE_INVALID',
    'The file is no AllenNLP archive: a tar file, packed by gzip, with config.json, weights.th and vocabulary.',
  );
}
