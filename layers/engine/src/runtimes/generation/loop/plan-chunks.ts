/**
 * How a prompt is cut into the chunks that it runs in. It follows from the length alone, so that its bits do as well, and all but the last are whole: a
 * prompt that begins as another one has the same first chunks.
 */
import { LENGTH_MULTIPLE } from '../graphs.ts';

/** A part of a prompt that runs at once. */
export interface Chunk {
  readonly first: number;
  /** Its tokens. */
  readonly count: number;
  /** Tokens of the run, padding among them. */
  readonly perRow: number;
}

/** Tokens of a chunk: a step of others waits no longer than they take. */
export const CHUNK_TOKENS = 4 * LENGTH_MULTIPLE;

/** A rest of so few tokens is not padded: to run them costs less than the padding. */
const UNPADDED_TOKENS = 4;

export function planChunks(length: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let first = 0; first < length; first += CHUNK_TOKENS) {
    const count = Math.min(CHUNK_TOKENS, length - first);
    chunks.push({ first, count, perRow: count <= UNPADDED_TOKENS ? count : padLength(count) });
  }
  return chunks;
}

/** The length of a source or chunk with its padding. */
export function padLength(length: number): number {
  return Math.ceil(length / LENGTH_MULTIPLE) * LENGTH_MULTIPLE;
}
