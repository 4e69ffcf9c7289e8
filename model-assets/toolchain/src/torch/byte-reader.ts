/** Reads a range of an open file from its start on, in pieces, so that neither pickles nor values are in memory as a whole. */
import { readSync } from 'node:fs';

const PIECE_BYTES = 2 ** 16;

/** Reads exactly `length` bytes; fewer where the file ends before. */
export function readRange(descriptor: number, start: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const read = readSync(descriptor, bytes, filled, Math.min(length - filled, 2 ** 30), start + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

export class ByteReader {
  readonly #descriptor: number;
  readonly #end: number;
  #piece: Buffer = Buffer.alloc(0);
  #pieceStart: number;
  /** The place of the next byte in the file. */
  position: number;

  /** Reads from `start` to `end`, exclusive. */
  constructor(descriptor: number, start: number, end: number) {
    this.#descriptor = descriptor;
    this.#end = end;
    this.position = start;
    this.#pieceStart = start;
  }

  get left(): number {
    return this.#end - this.position;
  }

  /** The next bytes; undefined where there are not as many. */
  take(length: number): Buffer | undefined {
    if (length > this.left) return undefined;
    const offset = this.position - this.#pieceStart;
    if (offset + length > this.#piece.length) {
      this.#piece = readRange(
        this.#descriptor,
        this.position,
        Math.min(this.left, Math.max(length, PIECE_BYTES)),
      );
      this.#pieceStart = this.position;
      if (this.#piece.length < length) return undefined;
    }
    const at = this.position - this.#pieceStart;
    this.position += length;
    return this.#piece.subarray(at, at + length);
  }
}
