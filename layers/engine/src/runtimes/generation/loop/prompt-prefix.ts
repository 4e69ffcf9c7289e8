/** How far the chunks of one prompt are kept: it finds those that come next, and offers those that were run to later requests. */
import type { Tensor } from '../../../ports.ts';
import { CHUNK_TOKENS } from './plan-chunks.ts';
import { BEGIN, type KeptChunk, nameOf, type PrefixCache } from './prefix-cache.ts';

export class PromptPrefix {
  readonly #cache: PrefixCache;
  #name = BEGIN.name;
  /** The last chunk that was read, where it is kept. */
  #last: KeptChunk | undefined = BEGIN;

  constructor(cache: PrefixCache) {
    this.#cache = cache;
  }

  /**
   * Finds the next chunks that are kept. At least one token stays behind them, whose scores say how the text begins.
   *
   * @param pending tokens of the prompt that were not read
   */
  find(pending: readonly number[], mostChunks: number): readonly KeptChunk[] {
    const found: KeptChunk[] = [];
    for (let at = this.#last, end = CHUNK_TOKENS; at && end < pending.length; end += CHUNK_TOKENS) {
      if (found.length === mostChunks) break;
      at = this.#cache.find(at, pending.slice(end - CHUNK_TOKENS, end));
      if (at) found.push(at);
    }
    return found;
  }

  /** These chunks, which came next, were taken from the cache. */
  took(chunks: readonly KeptChunk[]): void {
    const last = chunks.at(-1) ?? BEGIN;
    this.#name = last.name;
    this.#last = last;
    this.#cache.use(last);
  }

  /** The next chunk was run. It is whole. */
  ran(ids: readonly number[], entries: () => Tensor): void {
    this.#name = nameOf(this.#name, ids);
    this.#last = this.#cache.offer(this.#name, this.#last, ids, entries);
  }
}
