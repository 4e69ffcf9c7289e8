/**
 * The coding `aws-chunked`, in which clients send a checksum after the bytes.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
import { S3Error } from '../errors.ts';

/** A line is the size of a chunk with its signature, or a trailer. */
const MAX_LINE_BYTES = 1024;
const MAX_TRAILERS = 10;
const NEWLINE = Buffer.from('\r\n');

export class AwsChunks {
  readonly trailers = new Map<string, string>();
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterator<Uint8Array>) {
    this.#source = source;
  }

  /** The bytes without the coding; the trailers are known at the end. @throws S3Error IncompleteBody */
  async *data(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const size = /^([\da-f]{1,12})(?:;.*)?$/i.exec(await this.#line())?.[1];
      if (size === undefined) throw incomplete();
      let left = Number.parseInt(size, 16);
      if (left === 0) break;
      while (left > 0) {
        if (this.#held.length === 0) await this.#more();
        const piece = this.#held.subarray(0, left);
        this.#held = this.#held.subarray(piece.length);
        left -= piece.length;
        yield piece;
      }
      if ((await this.#line()) !== '') throw incomplete();
    }
    await this.#readTrailers();
  }

  async #readTrailers(): Promise<void> {
    for (let line = await this.#line(); line !== ''; line = await this.#line()) {
      const [, name, value] = /^([\w-]+):(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined || this.trailers.size === MAX_TRAILERS)
        throw incomplete();
      this.trailers.set(name.toLowerCase(), value.trim());
    }
  }

  async #line(): Promise<string> {
    let end = this.#held.indexOf(NEWLINE);
    while (end === -1) {
      if (this.#held.length > MAX_LINE_BYTES) throw incomplete();
      await this.#more();
      end = this.#held.indexOf(NEWLINE);
    }
    const line = this.#held.subarray(0, end).toString('latin1');
    this.#held = this.#held.subarray(end + NEWLINE.length);
    return line;
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done) throw incomplete();
    this.#held = this.#held.length === 0 ? Buffer.from(value) : Buffer.concat([this.#held, value]);
  }
}

function incomplete(): S3Error {
  return new S3Error('IncompleteBody', 'The body ends too early, or is not coded as aws-chunked.');
}
