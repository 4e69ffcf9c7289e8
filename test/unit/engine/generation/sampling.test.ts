import { createSearch } from '@pilotlight/engine/internal/runtimes/generation/search/create-search';
import { Random } from '@pilotlight/engine/internal/runtimes/generation/search/random';
import type {
  Sampling,
  SearchOptions,
} from '@pilotlight/engine/internal/runtimes/generation/search/search-options';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../../../scale.ts';
import { type Logits, logSoftmax, runSearch, tableModel } from '../../../support/generation/run-search.ts';
import { plainOptions, plainSampling } from '../../../support/generation/search-options.ts';

const VOCABULARY = 40;
const PROMPT = [5, 6];

function generate(options: Partial<SearchOptions>, logits: Logits, more = 0) {
  const search = createSearch(plainOptions(options), { prompt: PROMPT, vocabSize: VOCABULARY });
  const run = runSearch(search, logits, more);
  return { found: search.found, told: run.told, asked: run.asked };
}

const texts = (options: Partial<SearchOptions>, logits: Logits) =>
  generate(options, logits).found.map(({ ids }) => ids);

describe('the seeded generator', () => {
  it('gives the numbers of xoshiro128** after SplitMix64, by a reckoning in whole numbers of any size', () => {
    const numbers = (seed: number, stream: number) => {
      const random = new Random(seed, stream);
      return [random.next(), random.next(), random.next()];
    };
    for (const [seed, stream] of [
      [0, 0],
      [0, 1],
      [42, 0],
      [-1, 3],
      [Number.MAX_SAFE_INTEGER, 0],
    ] as const) {
      expect(numbers(seed, stream)).toEqual(reckon(seed, stream, 3));
    }
  });

  it('has another stream for each sequence and seed', () => {
    const firsts = [0, 1, 2 ** 32].flatMap((seed) =>
      [0, 1, 2].map((stream) => new Random(seed, stream).next()),
    );
    expect(new Set(firsts).size).toBe(9);
  });

  it('gives numbers from 0 to 1 that are spread evenly', () => {
    const random = new Random(7);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const place = Math.floor(random.next() * 10);
      counts[place] = (counts[place] ?? Number.NaN) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});

describe('drawn tokens', () => {
  const seeds = fc.nat({ max: 1000 });
  const samplings: fc.Arbitrary<Partial<Sampling>> = fc.record({
    seed: fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
    temperature: fc.constantFrom(0.5, 1, 1.7),
    topH: fc.constantFrom(0, 0, 0, 0.6),
    topK: fc.constantFrom(0, 1, 3, 10, 50),
    topP: fc.constantFrom(1, 1, 0.9, 0.3, 0),
    minP: fc.constantFrom(0, 0, 0.05),
    typicalP: fc.constantFrom(1, 1, 0.7),
    epsilonCutoff: fc.constantFrom(0, 0, 0.02),
    etaCutoff: fc.constantFrom(0, 0, 0.02),
  });
  const others: fc.Arbitrary<Partial<SearchOptions>> = fc.record({
    badWords: fc.constantFrom([], [[7]], [[7], [8, 9]]),
    noRepeatNgramSize: fc.constantFrom(0, 2),
    numReturnSequences: fc.integer({ min: 1, max: 4 }),
  });

  it('are the same by the best classes of a step as by all logits, and beside neighbours that ask for more', () => {
    const ways = new Set<string>();
    fc.assert(
      fc.property(samplings, others, seeds, fc.integer({ min: 0, max: 9 }), (given, options, table, more) => {
        const logits = tableModel(table, VOCABULARY);
        const sampling = plainSampling(given);
        const some = generate({ ...options, sampling }, logits, more);
        // Scores that are made finite are read whole, and come out as they were.
        const all = generate({ ...options, sampling, removeInvalid: true }, logits);
        for (const way of some.asked) ways.add(way);
        expect(new Set(all.asked)).toEqual(new Set(['logits']));
        expect(some.found.map(({ ids }) => ids)).toEqual(all.found.map(({ ids }) => ids));
        for (const [rank, { score }] of some.found.entries()) {
          expect(score).toBeCloseTo(all.found[rank]?.score ?? Number.NaN, 3);
        }
      }),
      { numRuns: cases({ short: 80, long: 800 }) },
    );
    expect(ways).toEqual(new Set(['top', 'bias', 'logits']));
  });

  it('come as often as their probability says, with and without top_k', () => {
    const first = (): Float32Array => Float32Array.from({ length: VOCABULARY }, (_, id) => (id % 8) / 2);
    const expected = logSoftmax(first());
    for (const topK of [0, VOCABULARY]) {
      const counts = new Map<number, number>();
      const draws = 2000;
      for (let seed = 0; seed < draws; seed++) {
        const sampling = plainSampling({ seed, topK });
        const id = texts({ maxNewTokens: 1, sampling }, first)[0]?.[0] ?? -1;
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      for (const id of [0, 7, 15, 39]) {
        const probability = Math.exp(expected[id] ?? Number.NaN);
        const deviation = Math.sqrt(draws * probability * (1 - probability));
        expect(Math.abs((counts.get(id) ?? 0) - draws * probability)).toBeLessThan(5 * deviation);
      }
    }
  });

  it('are the same again by the same seed, and others by another', () => {
    const logits = tableModel(3, VOCABULARY, 1);
    const by = (seed: number) => texts({ sampling: plainSampling({ seed }) }, logits);
    expect(by(1)).toEqual(by(1));
    expect(by(1)).not.toEqual(by(2));
  });

  it('are those of one sequence alone in the first of many, and each of the others has its own', () => {
    const logits = tableModel(4, VOCABULARY, 1);
    const sampling = plainSampling({ seed: 9, topK: 20 });
    const many = texts({ sampling, numReturnSequences: 4 }, logits);
    expect(many[0]).toEqual(texts({ sampling }, logits)[0]);
    expect(new Set(many.map(String)).size).toBe(4);
  });

  it('tell the log probability that they were drawn with, and the best in their place', () => {
    const logits = tableModel(5, VOCABULARY, 1);
    const { told } = generate(
      { maxNewTokens: 3, topTokens: 3, sampling: plainSampling({ topK: 2 }) },
      logits,
    );
    expect(told).toHaveLength(3);
    for (const { id, logprob, top = [] } of told) {
      expect(top).toHaveLength(2);
      expect(top.reduce((sum, [, each]) => sum + Math.exp(each), 0)).toBeCloseTo(1, 6);
      expect(top).toContainEqual([id, logprob]);
    }
  });
});

describe('beams that are drawn', () => {
  const logits = tableModel(6, VOCABULARY, 1);
  const options = { numBeams: 3, numReturnSequences: 3, maxNewTokens: 6 };
  const by = (sampling: Partial<Sampling>) =>
    generate({ ...options, sampling: plainSampling(sampling) }, logits).found;

  it('are the same again by the same seed, and others by another', () => {
    expect(by({ seed: 1 })).toEqual(by({ seed: 1 }));
    expect(by({ seed: 1 })).not.toEqual(by({ seed: 2 }));
  });

  it('keep more classes than there are end tokens, and are distinct sequences, best first', () => {
    const found = by({ seed: 1, topK: 1 });
    expect(new Set(found.map(({ ids }) => ids.join())).size).toBe(3);
    const scores = found.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  it('are those of beam search where the temperature leaves no doubt', () => {
    const sharp = by({ seed: 3, temperature: 1e-3 });
    const best = generate(options, logits).found;
    expect(sharp[0]?.ids.length).toBeGreaterThan(0);
    expect(sharp[0]?.ids[0]).toBe(best[0]?.ids[0]);
  });
});

/** The same generator, by big integers alone. */
function reckon(seed: number, stream: number, count: number): readonly number[] {
  const mask64 = 2n ** 64n - 1n;
  const mask32 = 2n ** 32n - 1n;
  const split = (value: bigint): bigint => {
    let z = (value + 0x9e3779b97f4a7c15n) & mask64;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask64;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask64;
    return z ^ (z >> 31n);
  };
  const rotl = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (32n - bits))) & mask32;
  const first = split(split(BigInt(seed) & mask64) ^ BigInt(stream));
  const second = split(first);
  let [a, b, c, d] = [first & mask32, first >> 32n, second & mask32, second >> 32n];
  const next32 = (): bigint => {
    const result = (rotl((b * 5n) & mask32, 7n) * 9n) & mask32;
    const t = (b << 9n) & mask32;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotl(d, 11n);
    return result;
  };
  return Array.from({ length: count }, () => Number(((next32() >> 5n) << 26n) + (next32() >> 6n)) / 2 ** 53);
}
