import type { Sampling } from '@pilotlight/engine/internal/runtimes/generation/search/search-options';
import { warp } from '@pilotlight/engine/internal/runtimes/generation/search/warpers';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { cases } from '../../../scale.ts';
import { plainSampling } from '../../../support/generation/search-options.ts';

/** Scores of a vocabulary that is large enough for most of it to be passed over: peaked or flat. */
const vocabularies = fc
  .record({ seed: fc.nat(), size: fc.integer({ min: 1, max: 3000 }), spread: fc.constantFrom(0.3, 2, 6) })
  .map(({ seed, size, spread }) => {
    let state = seed + 1;
    const uniform = (): number => {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
      return ((state ^ (state >>> 12)) >>> 0) / 2 ** 32 + 2 ** -34;
    };
    return Float32Array.from(
      { length: size },
      () => spread * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(6.28 * uniform()),
    );
  });

const settings: fc.Arbitrary<Partial<Sampling>> = fc.record(
  {
    temperature: fc.constantFrom(0.6, 1.4),
    topH: fc.constantFrom(0.3, 0.8),
    topK: fc.constantFrom(1, 5, 40, 500),
    topP: fc.constantFrom(0, 0.2, 0.9, 0.999),
    minP: fc.constantFrom(0.01, 0.3),
    typicalP: fc.constantFrom(0.2, 0.9),
    epsilonCutoff: fc.constantFrom(3e-4, 0.02),
    etaCutoff: fc.constantFrom(3e-4, 0.02),
  },
  { requiredKeys: [] },
);

it('warpers keep the classes that whole vectors keep, and give them their probabilities', () => {
  fc.assert(
    fc.property(vocabularies, settings, fc.constantFrom(1, 1, 3), (scores, given, leastKept) => {
      const { classes, scores: kept, logSum } = warp({ scores }, plainSampling(given), leastKept);
      const expected = naiveWarp(scores, plainSampling(given), leastKept);
      const ids = classes ?? Array.from(kept.keys());
      expect(ids).toEqual(expected.flatMap((score, id) => (score > Number.NEGATIVE_INFINITY ? id : [])));
      const total = logSumExp(expected);
      for (const [place, score] of kept.entries()) {
        expect(score - logSum).toBeCloseTo((expected[ids[place] ?? -1] ?? Number.NaN) - total, 4);
      }
    }),
    { numRuns: cases({ short: 100, long: 1000 }) },
  );
});

describe('a warper', () => {
  test.each<[string, Partial<Sampling>]>([
    ['top_k', { topK: 3 }],
    ['top_p', { topP: 0.5 }],
    ['min_p', { minP: 0.9 }],
    ['typical_p', { typicalP: 0.1 }],
    ['top_h', { topH: 0.1 }],
  ])('keeps the one class that may come: %s', (_, given) => {
    const scores = new Float32Array(6).fill(Number.NEGATIVE_INFINITY);
    scores[4] = -3;
    const { classes, scores: kept, logSum } = warp({ scores }, plainSampling(given), 1);
    expect(classes).toEqual([4]);
    expect((kept[0] ?? Number.NaN) - logSum).toBeCloseTo(0, 6);
  });

  it('has nothing to keep where nothing may come', () => {
    const scores = new Float32Array(3).fill(Number.NEGATIVE_INFINITY);
    expect(warp({ scores }, plainSampling({ topK: 2, topP: 0.5, minP: 0.1 }), 1).classes).toEqual([]);
  });

  it('keeps the best class where float32 does not have what a temperature makes of it', () => {
    const scores = Float32Array.of(-1, 3, 2, Number.NEGATIVE_INFINITY);
    const { scores: kept, logSum } = warp({ scores }, plainSampling({ temperature: 1e-300 }), 1);
    expect(Array.from(kept, (score) => Math.exp(score - logSum))).toEqual([0, 1, 0, 0]);
  });

  it('changes no score that it was given', () => {
    const scores = Float32Array.of(1, 2, 3);
    warp({ scores }, plainSampling({ temperature: 0.5, topK: 1 }), 1);
    expect(Array.from(scores)).toEqual([1, 2, 3]);
  });
});

/** Every warper over a whole vector in float64, sorted anew for each; what is left out is -Infinity. */
function naiveWarp(scores: Float32Array, sampling: Sampling, leastKept: number): number[] {
  let left = Array.from(scores, (score) => Math.fround(score / sampling.temperature));
  const filter = (stays: (id: number, rank: number) => boolean): void => {
    const ranks = new Map(descending(left).map((id, rank) => [id, rank]));
    const before = left;
    left = before.map((score, id) => (stays(id, ranks.get(id) ?? -1) ? score : Number.NEGATIVE_INFINITY));
  };
  const probabilities = (): number[] => {
    const total = logSumExp(left);
    return left.map((score) => Math.exp(score - total));
  };
  const entropy = (p: readonly number[]): number =>
    p.reduce((sum, each) => (each > 0 ? sum - each * Math.log(each) : sum), 0);
  const { topH, topK, topP, minP, typicalP, epsilonCutoff, etaCutoff } = sampling;
  if (topH > 0) {
    const best = descending(left).slice(0, 100);
    const total = logSumExp(best.map((id) => left[id] ?? Number.NaN));
    const p = best.map((id) => Math.exp((left[id] ?? Number.NaN) - total));
    const limit = topH * entropy(p);
    filter((_, rank) => rank < 100 && (rank === 0 || entropy(p.slice(0, rank + 1)) <= limit));
  }
  if (topK > 0) filter((_, rank) => rank < Math.max(topK, leastKept));
  if (topP < 1) {
    const p = probabilities();
    let above = 0;
    const kept = new Set(
      descending(left).filter((id, rank) => {
        const keeps = above < topP || rank < leastKept;
        above += p[id] ?? Number.NaN;
        return keeps;
      }),
    );
    filter((id) => kept.has(id));
  }
  if (minP > 0) {
    const p = probabilities();
    const most = p.reduce((a, b) => Math.max(a, b), 0);
    filter((id, rank) => (p[id] ?? Number.NaN) >= minP * most || rank < leastKept);
  }
  if (typicalP < 1) {
    const p = probabilities();
    const h = entropy(p);
    const far = p.map((each) => Math.abs(-Math.log(each) - h));
    const order = descending(far.map((distance) => -distance));
    let sum = 0;
    const last = order.find((id) => {
      sum += p[id] ?? Number.NaN;
      return sum >= typicalP;
    });
    const always = new Set(order.slice(0, leastKept));
    filter(
      (id) => always.has(id) || (far[id] ?? Number.NaN) <= (far[last ?? -1] ?? Number.POSITIVE_INFINITY),
    );
  }
  for (const cut of ['epsilon', 'eta'] as const) {
    const epsilon = cut === 'epsilon' ? epsilonCutoff : etaCutoff;
    if (epsilon === 0) continue;
    const p = probabilities();
    const limit = cut === 'epsilon' ? epsilon : Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropy(p)));
    filter((id, rank) => (p[id] ?? Number.NaN) >= limit || rank < leastKept);
  }
  return left;
}

function descending(values: readonly number[]): number[] {
  return values.map((_, id) => id).sort((a, b) => (values[b] ?? Number.NaN) - (values[a] ?? Number.NaN));
}

function logSumExp(values: readonly number[]): number {
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
}
