/** What the graphs read while nothing is in the cache. */
import type { DecoderFacts } from '@pilotlight/model-format';
import type { Feeds, Tensor } from '../../../ports.ts';
import { UNUSED_ENTRIES } from '../graphs.ts';
import { pastTensors } from './cache-layout.ts';

/** `ids` and `mask`, `[b, E]` */
export function encoderFeeds(sources: readonly (readonly number[])[], length: number): Feeds {
  const ids = new BigInt64Array(sources.length * length);
  const mask = new BigInt64Array(sources.length * length);
  for (const [row, source] of sources.entries()) {
    for (const [token, id] of source.entries()) ids[row * length + token] = BigInt(id);
    mask.fill(1n, row * length, row * length + source.length);
  }
  const dims = [sources.length, length];
  return { ids: { dims, data: ids }, mask: { dims, data: mask } };
}

/** A cache in which nothing is used, for `rows` inputs: all its tensors are the same memory. */
export function emptyPast(facts: DecoderFacts, rows: number): Feeds {
  const { heads, dim } = facts;
  const dims = [rows, heads, UNUSED_ENTRIES, dim];
  const empty: Tensor = { dims, data: new Float32Array(rows * heads * UNUSED_ENTRIES * dim) };
  return Object.fromEntries(pastTensors(facts).map(({ name }) => [name, empty]));
}
