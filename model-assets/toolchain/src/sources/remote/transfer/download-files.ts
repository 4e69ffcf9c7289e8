/** Brings files to a folder by parts, several at once over all files, and compares each with its sum before it gets its name. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ObjectError, type ObjectReader } from '@pilotlight/engine/internal/store/s3/objects';
import { readRange } from '@pilotlight/engine/internal/store/s3/read-range';
import { waitAfter } from '@pilotlight/model-format/internal/network/retry';
import { ToolchainError } from '../../../errors.ts';
import type { RemoteFile } from '../remote-source.ts';
import { type Missing, PartialFile } from './partial-file.ts';
import { findDifference } from './sums.ts';

export interface DownloadTarget {
  /** Files get their names in it. */
  readonly folder: string;
  /** Files that have not arrived are in it. */
  readonly partial: string;
}

export interface DownloadOptions {
  readonly reader: ObjectReader;
  /** Whether the place gives parts of files; else each comes over one connection. @default true */
  readonly ranges?: boolean | undefined;
  /** Waits until the place takes requests. */
  readonly pause?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Is told of bytes, as they arrive. */
  readonly onBytes: (bytes: number) => void;
}

/** Requests under way at once. The CDN of the hub gives one connection some 50 MB/s. */
const PARALLEL = 8;
/** Attempts in a row that bring nothing. */
const ATTEMPTS = 6;
const BACKOFF = { firstMs: 200, longestMs: 5_000 };
/** Milliseconds without a byte after which an attempt has failed. */
const STALL_MS = 15_000;
/** A file that differs from its sum is brought once more from its beginning. */
const ROUNDS = 2;

/**
 * What arrived before a failure, or before the process was killed, is not asked for again.
 *
 * @throws ObjectError where the connection broke at every attempt, ToolchainError SOURCE_INVALID where a file came twice with other bytes
 */
export async function downloadFiles(
  files: readonly RemoteFile[],
  target: DownloadTarget,
  options: DownloadOptions,
): Promise<void> {
  let left = files;
  for (let round = 1; left.length > 0; round++) {
    const differences = await downloadOnce(left, target, options);
    const [first] = differences;
    if (round === ROUNDS && first !== undefined) throw differs(first.file, first.difference);
    for (const { file } of differences) options.onBytes(-file.bytes);
    left = differences.map(({ file }) => file);
  }
}

interface Difference {
  readonly file: RemoteFile;
  readonly difference: string;
}

async function downloadOnce(
  files: readonly RemoteFile[],
  { folder, partial }: DownloadTarget,
  options: DownloadOptions,
): Promise<readonly Difference[]> {
  const open: { readonly file: RemoteFile; readonly part: PartialFile }[] = [];
  try {
    for (const file of files) {
      const part = await PartialFile.claim(partial, idOf(file), file.bytes);
      open.push({ file, part });
      options.onBytes(part.arrived);
    }
    await downloadParts(open, options);
    const differences: Difference[] = [];
    while (open[0] !== undefined) {
      const { file, part } = open[0];
      await part.complete();
      const difference = await findDifference(part.path, file);
      const place = join(folder, file.path);
      await mkdir(dirname(place), { recursive: true });
      open.shift();
      if (difference === undefined) await part.moveTo(place);
      else await part.discard();
      if (difference !== undefined) differences.push({ file, difference });
    }
    return differences;
  } finally {
    for (const { part } of open) await part.close();
  }
}

/** What the content is filed under while it arrives: the same content of another name or commit goes on where this ended. */
function idOf({ path, bytes, sum, tag = '' }: RemoteFile): string {
  return createHash('sha256')
    .update(sum === undefined ? `${path} ${bytes} ${tag}` : sum.value)
    .digest('hex')
    .slice(0, 32);
}

async function downloadParts(
  open: readonly { readonly file: RemoteFile; readonly part: PartialFile }[],
  options: DownloadOptions,
): Promise<void> {
  const failure = new AbortController();
  const missing = open.flatMap(({ file, part }) =>
    (options.ranges === false ? part.rest() : part.missing()).map((range) => ({ file, part, range })),
  );
  const queue = missing.values();
  const worker = async () => {
    for (const { file, part, range } of queue) {
      failure.signal.throwIfAborted();
      await downloadPart(file, part, range, { ...options, signal: failure.signal });
    }
  };
  const workers = Array.from({ length: PARALLEL }, () =>
    worker().catch((error: unknown) => failure.abort(error)),
  );
  await Promise.all(workers);
  failure.signal.throwIfAborted();
}

async function downloadPart(
  file: RemoteFile,
  part: PartialFile,
  { start, end }: Missing,
  { reader, pause, onBytes, signal }: DownloadOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const once = { attempts: 1, backoffMs: 0, maxBackoffMs: 0, stallMs: STALL_MS };
  for (let at = start, failed = 0; at < end; ) {
    await pause?.(signal);
    try {
      const request = { key: file.path, range: { start: at, end }, accept: sameSize(file), signal };
      for await (const chunk of readRange(reader, request, once)) {
        await part.write(at, chunk);
        at += chunk.length;
        failed = 0;
        onBytes(chunk.length);
      }
    } catch (error) {
      signal.throwIfAborted();
      failed += 1;
      if (!(error instanceof ObjectError) || !error.transient || failed >= ATTEMPTS) throw error;
      await waitAfter(failed, BACKOFF, signal);
    }
  }
}

function sameSize({ path, bytes }: RemoteFile) {
  return ({ objectBytes }: { readonly objectBytes: number }): void => {
    if (objectBytes !== bytes) throw differs({ path }, `has ${objectBytes} bytes instead of ${bytes}`);
  };
}

function differs({ path }: Pick<RemoteFile, 'path'>, difference: string): ToolchainError {
  return new ToolchainError(
    'SOURCE_INVALID',
    `${path} ${difference}, so it is not the file that was asked for, and is not kept. Run the command again; if the same happens, a proxy on the way changes files, or the file is damaged where it lies.`,
  );
}
