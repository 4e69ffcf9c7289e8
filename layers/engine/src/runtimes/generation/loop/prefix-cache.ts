/**
 * Keys and values of the whole first chunks of prompts, kept within a bound of bytes for requests that begin with the same tokens. See
 * ADR-prefix.md.
 */
import { createHash } from 'node:crypto';
import type { DecoderFacts } from '@pilotlight/model-format';
import type { Tensor } from '../../../ports.ts';
import { entryBytes } from './cache-layout.ts';
import { CHUNK_TOKENS } from './plan-chunks.ts';

/** A chunk that is kept. It stands behind those before it and no others. */
export interface KeptChunk {
  /** Follows from its ids and from those of all chunks before it; may be that of others, too. */
  readonly name: string;
  readonly ids: readonly number[];
  /** @default - it is the begin of all prompts */
  readonly before: KeptChunk | undefined;
  /** `[1, layers * 2 * heads, 64, dim]`, as a run gives them. */
  readonly entries: Tensor;
}

/** The begin of all prompts: no chunk, and no memory. */
export const BEGIN: KeptChunk = {
  name: '',
  ids: [],
  before: undefined,
  entries: { dims: [0], data: new Float32Array() },
};

/** Names of chunks that only one request had, each of about 80 bytes. The oldest are forgotten. */
const MOST_SEEN = 4096;

/** Ids, name and object of a chunk. */
const BYTES_BESIDE = 1024;

export class PrefixCache {
  readonly #chunkBytes: number;
  readonly #mostChunks: number;
  /** The least recently used first, and none after a chunk that it stands behind: the first can always go. */
  readonly #kept = new Map<string, KeptChunk>();
  readonly #seen = new Set<string>();

  constructor(facts: DecoderFacts, mostBytes: number) {
    this.#chunkBytes = CHUNK_TOKENS * entryBytes(facts) + BYTES_BESIDE;
    this.#mostChunks = Math.floor(mostBytes / this.#chunkBytes);
  }

  /** Bytes of the chunks that are kept. */
  get bytes(): number {
    return this.#kept.size * this.#chunkBytes;
  }

  /** The chunk with these ids that is kept behind another one. */
  find(before: KeptChunk, ids: readonly number[]): KeptChunk | undefined {
    return this.#find(nameOf(before.name, ids), before, ids);
  }

  /** Those that were not used for longer go before this chunk and those before it. */
  use(chunk: KeptChunk): void {
    for (let at = chunk; at.before; at = at.before) {
      if (!this.#has(at)) continue;
      this.#kept.delete(at.name);
      this.#kept.set(at.name, at);
    }
  }

  /**
   * Keeps a chunk that was run, if another request had it before.
   *
   * @param before the chunk before it, where that is kept
   * @param entries copies them
   * @returns the chunk, where it is kept
   */
  offer(
    name: string,
    before: KeptChunk | undefined,
    ids: readonly number[],
    entries: () => Tensor,
  ): KeptChunk | undefined {
    if (this.#kept.has(name)) return before && this.#find(name, before, ids);
    if (!this.#seen.has(name)) {
      this.#note(name);
      return undefined;
    }
    if (!before || !this.#has(before) || !this.#makeRoom(before)) return undefined;
    this.#seen.delete(name);
    const chunk = { name, ids, before, entries: entries() };
    this.#kept.set(name, chunk);
    this.use(chunk);
    return chunk;
  }

  #find(name: string, before: KeptChunk, ids: readonly number[]): KeptChunk | undefined {
    const found = this.#kept.get(name);
    const isSame = found?.before === before && found.ids.every((id, token) => id === ids[token]);
    return isSame ? found : undefined;
  }

  #has(chunk: KeptChunk): boolean {
    return chunk === BEGIN || this.#kept.get(chunk.name) === chunk;
  }

  #note(name: string): void {
    this.#seen.add(name);
    const [oldest = name] = this.#seen;
    if (this.#seen.size > MOST_SEEN) this.#seen.delete(oldest);
  }

  /** @returns whether there is room for a chunk behind `before`: not where those before it take all there is */
  #makeRoom(before: KeptChunk): boolean {
    if (this.#kept.size < this.#mostChunks) return true;
    this.use(before);
    const [oldest] = this.#kept.values();
    if (!oldest || oldest === before) return false;
    this.#kept.delete(oldest.name);
    return true;
  }
}

/** @param before the name of the chunk before it */
export function nameOf(before: string, ids: readonly number[]): string {
  return createHash('sha256').update(before).update(Int32Array.from(ids)).digest('base64');
}
