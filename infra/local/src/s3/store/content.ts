/** The bytes of objects and parts, each in a file whose name has nothing to do with any key. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { S3Error } from '../errors.ts';

export interface Content {
  readonly file: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly md5: string;
}

export interface StoredObject extends Content {
  /** With its quotes. */
  readonly etag: string;
  readonly modified: Date;
  /** Headers that a reader gets back: the type, the coding, the metadata. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The most that one request may bring, and the most that an object may hold. */
const MAX_PUT_BYTES = 5 * 2 ** 30;

/** Writes a new file, all of it or nothing. @throws S3Error EntityTooLarge; what `source` throws; errors of the file system */
export async function writeContent(
  folder: string,
  source: AsyncIterable<Uint8Array>,
  maxBytes = MAX_PUT_BYTES,
): Promise<Content> {
  const file = join(folder, randomUUID());
  const md5 = createHash('md5');
  let bytes = 0;
  const counted = async function* () {
    for await (const chunk of source) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new S3Error('EntityTooLarge', `No more than ${maxBytes} bytes are taken.`);
      md5.update(chunk);
      yield chunk;
    }
  };
  try {
    await pipeline(counted, createWriteStream(file, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    await removeContent({ file });
    throw error;
  }
  return { file, bytes, md5: md5.digest('hex') };
}

/** The bytes of several contents, one after the other. */
export async function* readContents(contents: readonly Content[]): AsyncGenerator<Uint8Array> {
  for (const { file } of contents) yield* createReadStream(file);
}

export async function removeContent({ file }: Pick<Content, 'file'>): Promise<void> {
  await rm(file, { force: true });
}
