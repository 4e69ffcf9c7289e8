import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../../layers/engine/src/ports.ts';
import {
  BEGIN,
  type KeptChunk,
  nameOf,
  PrefixCache,
} from '../../../../layers/engine/src/runtimes/generation/loop/prefix-cache.ts';
import { DECODER } from './integer-model.ts';

/** 64 entries of 2 layers, keys and values of 2 heads of 3 numbers, and a kilobyte beside them. */
const CHUNK_BYTES = 64 * 2 * 2 * 2 * 3 * 4 + 1024;

const chunkOf = (id: number): number[] => Array.from({ length: 64 }, () => id);
const entriesOf = (id: number) => (): Tensor => ({ dims: [1], data: Float32Array.of(id) });

function cacheOf(chunks: number): PrefixCache {
  return new PrefixCache(DECODER, chunks * CHUNK_BYTES);
}

function offer(cache: PrefixCache, before: KeptChunk | undefined, id: number): KeptChunk | undefined {
  return cache.offer(nameOf(before?.name ?? '?', chunkOf(id)), before, chunkOf(id), entriesOf(id));
}

/** Offers a chunk as two requests do. */
function keep(cache: PrefixCache, before: KeptChunk | undefined, id: number): KeptChunk | undefined {
  offer(cache, before, id);
  return offer(cache, before, id);
}

const has = (cache: PrefixCache, id: number, before = BEGIN): boolean =>
  cache.find(before, chunkOf(id)) !== undefined;

describe('a cache of prefixes', () => {
  it('keeps a chunk from the second request that has it, and copies nothing for the first', () => {
    const cache = cacheOf(4);
    const copies: number[] = [];
    const ask = (id: number) =>
      cache.offer(nameOf('', chunkOf(id)), BEGIN, chunkOf(id), () => {
        copies.push(id);
        return entriesOf(id)();
      });
    for (const id of [1, 2, 1, 3, 1]) ask(id);
    expect(copies).toEqual([1]);
    expect(cache.find(BEGIN, chunkOf(1))?.entries).toEqual(entriesOf(1)());
    expect([has(cache, 2), has(cache, 3)]).toEqual([false, false]);
    expect(cache.bytes).toBe(CHUNK_BYTES);
  });

  it('gives a chunk behind those that it stood behind, and behind no others', () => {
    const cache = cacheOf(8);
    const [first, other] = [keep(cache, BEGIN, 1), keep(cache, BEGIN, 2)];
    const behind = keep(cache, first, 3);
    expect(cache.find(first ?? BEGIN, chunkOf(3))).toBe(behind);
    expect(has(cache, 3, other)).toBe(false);
    expect(has(cache, 3)).toBe(false);
  });

  it('compares the ids, so that a chunk whose name is the same is not taken for another', () => {
    const cache = cacheOf(8);
    const name = nameOf('', chunkOf(1));
    for (let time = 0; time < 2; time++) cache.offer(name, BEGIN, chunkOf(2), entriesOf(2));
    expect(cache.bytes).toBe(CHUNK_BYTES);
    expect(has(cache, 1)).toBe(false);
    expect(offer(cache, BEGIN, 1)).toBeUndefined();
    const asked = chunkOf(2);
    asked[63] = 9;
    expect(cache.offer(name, BEGIN, asked, entriesOf(9))).toBeUndefined();
    expect(cache.offer(name, BEGIN, chunkOf(2), entriesOf(2))?.ids).toEqual(chunkOf(2));
  });

  it('lets the least recently used go for another, and never takes more than its bytes', () => {
    const cache = cacheOf(3);
    for (const id of [1, 2, 3]) keep(cache, BEGIN, id);
    cache.use(cache.find(BEGIN, chunkOf(1)) ?? BEGIN);
    keep(cache, BEGIN, 4);
    expect([1, 2, 3, 4].map((id) => has(cache, id))).toEqual([true, false, true, true]);
    expect(cache.bytes).toBe(3 * CHUNK_BYTES);
    expect(new PrefixCache(DECODER, 4 * CHUNK_BYTES - 1).bytes).toBe(0);
  });

  it('lets the last chunk of a prompt go before those that it stands behind', () => {
    const cache = cacheOf(3);
    const first = keep(cache, BEGIN, 1);
    keep(cache, first, 2);
    keep(cache, first, 3);
    keep(cache, BEGIN, 4);
    expect([has(cache, 1), has(cache, 2, first), has(cache, 3, first), has(cache, 4)]).toEqual([
      ...[true, false, true, true],
    ]);
    keep(cache, BEGIN, 5);
    expect([has(cache, 1), has(cache, 3, first), has(cache, 4), has(cache, 5)]).toEqual([
      ...[true, false, true, true],
    ]);
    keep(cache, BEGIN, 6);
    expect([has(cache, 1), has(cache, 4)]).toEqual([false, true]);
  });

  it('keeps the first chunks of a prompt that is longer than all that it may keep', () => {
    const cache = cacheOf(2);
    const first = keep(cache, BEGIN, 1);
    const second = keep(cache, first, 2);
    expect(keep(cache, second, 3)).toBeUndefined();
    expect([has(cache, 1), has(cache, 2, first)]).toEqual([true, true]);
  });

  it('keeps nothing behind a chunk that has gone meanwhile, or was not kept', () => {
    const cache = cacheOf(1);
    const gone = keep(cache, BEGIN, 1);
    keep(cache, BEGIN, 2);
    expect(keep(cache, gone, 3)).toBeUndefined();
    expect(keep(cache, undefined, 3)).toBeUndefined();
    cache.use(gone ?? BEGIN);
    expect([has(cache, 1), has(cache, 2)]).toEqual([false, true]);
    expect(cache.bytes).toBe(CHUNK_BYTES);
  });

  it('wants a chunk that has gone to come twice again', () => {
    const cache = cacheOf(1);
    for (const id of [1, 2]) keep(cache, BEGIN, id);
    expect(offer(cache, BEGIN, 1)).toBeUndefined();
    expect(has(cache, 2)).toBe(true);
    expect(offer(cache, BEGIN, 1)).toBeDefined();
  });

  it('forgets a chunk that came once after 4,096 others', () => {
    const cache = cacheOf(4);
    offer(cache, BEGIN, 1);
    offer(cache, BEGIN, 2);
    for (let id = 10; id < 10 + 4095; id++) offer(cache, BEGIN, id);
    expect(offer(cache, BEGIN, 2)).toBeDefined();
    expect(offer(cache, BEGIN, 1)).toBeUndefined();
  });
});
