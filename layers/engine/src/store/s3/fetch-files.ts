/** Fetches objects to files by parts, several in flight over all files, and verifies them as they arrive. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PackageFile } from '@pilotlight/model-format';
import { ArrivingFile } from './arriving-file.ts';
import { BufferPool } from './buffer-pool.ts';
import { type ByteRange, ObjectError, type ObjectPart, type ObjectReader } from './objects.ts';
import { readPart } from './read-range.ts';
import type { TransferOptions } from './transfer.ts';

/** A file of a package and the object that holds it. */
export interface RemoteFile extends PackageFile {
  readonly key: string;
}

interface Download extends RemoteFile {
  readonly target: ArrivingFile;
  /** The ETag of the first answer, which those of all others must equal. */
  etag: string | undefined;
}

/**
 * Writes every file below `folder`. The first failure ends all that is under way; the folder is the caller's to remove.
 *
 * @throws ObjectError, or the error of the file system
 */
export async function fetchFiles(
  objects: ObjectReader,
  files: readonly RemoteFile[],
  folder: string,
  options: TransferOptions,
): Promise<void> {
  const downloads = await Promise.all(files.map((file) => begin(file, folder)));
  try {
    await fetchParts(objects, downloads, options);
    for (const { key, target, sha256 } of downloads) {
      if (target.sha256() !== sha256) {
        throw new ObjectError('CONTENT_DIFFERS', `The sha256 of ${key} differs from the manifest.`);
      }
    }
  } finally {
    await Promise.all(downloads.map(({ target }) => target.close()));
  }
}

async function begin(file: RemoteFile, folder: string): Promise<Download> {
  const path = join(folder, file.path);
  await mkdir(dirname(path), { recursive: true });
  return { ...file, target: await ArrivingFile.create(path), etag: undefined };
}

async function fetchParts(
  objects: ObjectReader,
  downloads: readonly Download[],
  options: TransferOptions,
): Promise<void> {
  const failure = new AbortController();
  const buffers = new BufferPool(options.maxPartsInMemory, options.partBytes, failure.signal);
  const parts = planParts(downloads, options.partBytes);
  const worker = async () => {
    for (const { download, range } of parts) {
      const buffer = await buffers.take();
      const into = buffer.subarray(0, range.end - range.start);
      const request = {
        key: download.key,
        range,
        into,
        accept: (part: ObjectPart) => accept(part, download),
        etag: () => download.etag,
        signal: failure.signal,
      };
      await readPart(objects, request, options);
      await download.target.take(range.start, into, () => buffers.give(buffer));
    }
  };
  const workers = Array.from({ length: options.parallelism }, () =>
    worker().catch((error: unknown) => failure.abort(error)),
  );
  await Promise.all(workers);
  failure.signal.throwIfAborted();
}

/** Plans the parts in the order of the bytes of each file, so that a part in memory never waits for one that has no buffer. */
function* planParts(
  downloads: readonly Download[],
  partBytes: number,
): Generator<{ download: Download; range: ByteRange }> {
  for (const download of downloads) {
    for (let start = 0; start < download.bytes; start += partBytes) {
      yield { download, range: { start, end: Math.min(start + partBytes, download.bytes) } };
    }
  }
}

/** Compares each answer with the first, because parts that are asked for at once have no ETag to ask with. */
function accept({ etag, objectBytes }: ObjectPart, download: Download): void {
  const { key, bytes } = download;
  if (objectBytes !== bytes) {
    throw new ObjectError('CONTENT_DIFFERS', `${key} has ${objectBytes} bytes instead of ${bytes}.`);
  }
  download.etag ??= etag;
  if (etag !== download.etag) {
    throw new ObjectError('OBJECT_CHANGED', `${key} changed while it was fetched.`);
  }
}
