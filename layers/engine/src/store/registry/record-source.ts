/** Reads the records of a registry, and of those that have not changed nothing but that. */
import { MAX_REGISTRY_BYTES, registryKey } from '@pilotlight/model-format/registry';
import { ObjectError, type ObjectReader } from '../s3/objects.ts';
import { readRange } from '../s3/read-range.ts';
import { DEFAULT_TRANSFER, type RetryOptions } from '../s3/transfer.ts';

/** The text of a record, as it lies in the bucket. */
export interface RecordText {
  readonly text: string;
  readonly etag: string | undefined;
}

/** A poll is tried again soon, so that two attempts are enough; whoever waits for a start does not wait long. */
const ATTEMPTS: RetryOptions = { ...DEFAULT_TRANSFER, attempts: 2, stallMs: 3000 };

export class RecordSource {
  readonly #reader: () => Promise<ObjectReader>;
  readonly #prefix: string;

  constructor(reader: () => Promise<ObjectReader>, prefix: string) {
    this.#reader = reader;
    this.#prefix = prefix;
  }

  /** Gives undefined where the record still has the ETag `known`. @throws ObjectError */
  async read(name: string, known?: string): Promise<RecordText | undefined> {
    const key = this.#prefix + registryKey(name);
    let etag: string | undefined;
    const chunks: Uint8Array[] = [];
    const request = {
      key,
      range: { start: 0, end: MAX_REGISTRY_BYTES },
      unless: known,
      accept: (part: { readonly etag: string | undefined; readonly objectBytes: number }) => {
        etag = part.etag;
        if (part.objectBytes > MAX_REGISTRY_BYTES)
          throw new ObjectError('CONTENT_DIFFERS', `${key} has more than ${MAX_REGISTRY_BYTES} bytes.`);
      },
    };
    try {
      for await (const chunk of readRange(await this.#reader(), request, ATTEMPTS)) chunks.push(chunk);
    } catch (error) {
      if (error instanceof ObjectError && error.code === 'OBJECT_UNCHANGED') return undefined;
      throw error;
    }
    return { text: Buffer.concat(chunks).toString(), etag };
  }
}
