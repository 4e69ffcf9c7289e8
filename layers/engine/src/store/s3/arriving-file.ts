import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

/**
 * A file whose parts arrive in any order. Each is written to its place at once, and hashed from memory as soon as all
 * before it are, so that the sha256 is known with the last part and nothing is read from the disk again.
 */
export class ArrivingFile {
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  readonly #waiting = new Map<number, { bytes: Uint8Array; release: () => void }>();
  #hashedBytes = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<ArrivingFile> {
    return new ArrivingFile(await open(path, 'wx'));
  }

  /** Takes the bytes that begin at `start`; calls `release` when it needs them no more. */
  async take(start: number, bytes: Uint8Array, release: () => void): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(
        bytes,
        written,
        bytes.length - written,
        start + written,
      );
      written += bytesWritten;
    }
    this.#waiting.set(start, { bytes, release });
    for (let next = this.#waiting.get(this.#hashedBytes); next; next = this.#waiting.get(this.#hashedBytes)) {
      this.#waiting.delete(this.#hashedBytes);
      this.#hash.update(next.bytes);
      this.#hashedBytes += next.bytes.length;
      next.release();
    }
  }

  /** Gives the sha256 of all that has arrived, in lower-case hexadecimal. Call it once, at the end. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
