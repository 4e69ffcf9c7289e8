/** Writes a graph with unsigned weights, and the weights, where a session can open them and nobody else finds them. See ADR-precision.md. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { openRegularFile, readRegularFile } from '@pilotlight/model-format/internal/package/regular-file';
import { type Place, unsignedGraph } from './unsigned-graph.ts';

/** A graph whose weights lie beside it is smaller. */
const MOST_GRAPH_BYTES = 64 << 20;
/** Sums of two products of 255 and weights from -64 to 63 do not reach 32,768. */
const SEVEN_BITS = 64;
/** It stays in the cache of a core between reading, changing and writing. */
const CHUNK = 256 << 10;
/** What the file system says where there is no room, or where nothing may be written. */
const NO_ROOM = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOENT'];

export interface UnsignedCopy {
  /** The path of the graph. */
  readonly file: string;
  /** Removes the files. What a session has mapped stays mapped. */
  remove(): void;
}

/**
 * Copies the graph at `file` and what lies beside it, with weights of 8 bits raised by 128. Gives nothing where the graph is not one that
 * `unsignedGraph` knows, and where there is no room in the folder for temporary files.
 */
export function writeUnsignedCopy(file: string): UnsignedCopy | undefined {
  // A file that is mapped cannot be removed there.
  if (process.platform === 'win32') return undefined;
  const from = dirname(file);
  let folder: string | undefined;
  try {
    const unsigned = unsignedGraph(readRegularFile(file, MOST_GRAPH_BYTES), (place) => isWide(from, place));
    if (!unsigned) return undefined;
    const made = mkdtempSync(join(tmpdir(), 'pilotlight-weights-'));
    folder = made;
    const copy = join(made, basename(file));
    writeFile(copy, [unsigned.model]);
    for (const name of unsigned.files) {
      const raised = unsigned.raised.filter((place) => place.file === name);
      writeFile(join(made, name), raisedChunks(join(from, name), raised));
    }
    return { file: copy, remove: () => rmSync(made, { recursive: true, force: true }) };
  } catch (error) {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    if (isUnknown(error)) return undefined;
    throw error;
  }
}

/** Whether ONNX Runtime is to try it, and to say what is wrong: there is no room, or the bytes are no graph that is known. */
function isUnknown(error: unknown): boolean {
  if (error instanceof RangeError) return true;
  return (
    error instanceof Error && 'code' in error && [...NO_ROOM, 'FILE_TOO_LARGE'].includes(`${error.code}`)
  );
}

function writeFile(path: string, chunks: Iterable<Uint8Array>): void {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    for (const chunk of chunks) {
      for (let written = 0; written < chunk.length; ) {
        written += writeSync(descriptor, chunk, written, chunk.length - written);
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

function isWide(folder: string, { file, offset, length }: Place): boolean {
  for (const { bytes } of chunksOf(join(folder, file), offset, offset + length)) {
    const weights = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    if (weights.some((weight) => weight < -SEVEN_BITS || weight >= SEVEN_BITS)) return true;
  }
  return false;
}

/** The bytes of a file, of which those at `raised` have 128 more: their highest bit is turned. */
function* raisedChunks(path: string, raised: readonly Place[]): Generator<Uint8Array> {
  for (const { start, bytes } of chunksOf(path, 0, Number.POSITIVE_INFINITY)) {
    for (const { offset, length } of raised) {
      const first = Math.max(0, offset - start);
      const end = Math.min(bytes.length, offset + length - start);
      if (first < end) turnHighestBits(bytes.subarray(first, end));
    }
    yield bytes;
  }
}

/** Four bytes at a time, where they lie so. */
function turnHighestBits(bytes: Uint8Array): void {
  const before = Math.min(bytes.length, -bytes.byteOffset & 3);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + before, (bytes.length - before) >> 2);
  for (let index = 0; index < words.length; index++) words[index] = (words[index] ?? 0) ^ 0x80808080;
  for (let index = 0; index < before; index++) bytes[index] = (bytes[index] ?? 0) ^ 0x80;
  for (let index = before + 4 * words.length; index < bytes.length; index++)
    bytes[index] = (bytes[index] ?? 0) ^ 0x80;
}

/** The bytes of a file from `start` to `end`. Each chunk is overwritten by the next one. */
function* chunksOf(
  path: string,
  start: number,
  end: number,
): Generator<{ readonly start: number; readonly bytes: Uint8Array }> {
  const chunk = new Uint8Array(Math.min(CHUNK, end - start));
  const descriptor = openRegularFile(path);
  try {
    for (let position = start; position < end; ) {
      const read = readSync(descriptor, chunk, 0, Math.min(chunk.length, end - position), position);
      if (read === 0) return;
      yield { start: position, bytes: chunk.subarray(0, read) };
      position += read;
    }
  } finally {
    closeSync(descriptor);
  }
}
