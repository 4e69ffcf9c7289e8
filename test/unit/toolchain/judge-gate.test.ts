import { describeDistance, describeLoss, type Judgement } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import {
  describeGate,
  LIMITS,
  measureExcess,
  passesGate,
} from '../../../model-assets/toolchain/src/package/quality-gate.ts';
import { measureSpeedup } from '../../../model-assets/toolchain/src/stages/speed.ts';

const embeddings = (least: number, mean: number, clear = 0): Judgement => ({
  texts: 200,
  cosine: { least, mean },
  decisions: { of: 'neighbours', total: 200, changed: 9, clear },
});
const labels = (mean: number, clear = 0, total = 200): Judgement => ({
  texts: total,
  scores: { largest: 0.5, mean },
  decisions: { of: 'labels', total, changed: clear, clear },
});

describe('the quality gate', () => {
  it.each(['fast', 'best'] as const)(
    'at the level %s passes what is at its limits, and nothing beyond',
    (level) => {
      const { leastCosine, meanCosine, meanScore, clearChanges } = LIMITS[level];
      const clear = Math.floor(200 * clearChanges);
      expect(passesGate(embeddings(leastCosine, meanCosine, clear), level)).toBe(true);
      expect(passesGate(embeddings(leastCosine - 1e-4, meanCosine), level)).toBe(false);
      expect(passesGate(embeddings(leastCosine, meanCosine - 1e-4), level)).toBe(false);
      expect(passesGate(embeddings(1, 1, clear + 1), level)).toBe(false);
      expect(passesGate(labels(meanScore, clear), level)).toBe(true);
      expect(passesGate(labels(meanScore + 1e-4), level)).toBe(false);
      expect(passesGate(labels(0, clear + 1), level)).toBe(false);
    },
  );

  it('accepts one decision that changes clearly, however few there are', () => {
    expect(passesGate(labels(0, 1, 10), 'best')).toBe(true);
    expect(passesGate(labels(0, 2, 10), 'best')).toBe(false);
  });

  it('asks for more at the level best, in everything', () => {
    const { fast, best } = LIMITS;
    expect(best.leastCosine).toBeGreaterThan(fast.leastCosine);
    expect(best.meanCosine).toBeGreaterThan(fast.meanCosine);
    expect(best.meanScore).toBeLessThan(fast.meanScore);
    expect(best.clearChanges).toBeLessThan(fast.clearChanges);
  });

  it('does not pass what is no number', () => {
    expect(passesGate(labels(Number.NaN), 'fast')).toBe(false);
  });

  it('measures how far a variant is beyond the limit that it meets worst', () => {
    expect(measureExcess(labels(2 * LIMITS.fast.meanScore), 'fast')).toBeCloseTo(2, 6);
    expect(measureExcess(embeddings(1, 1, 12), 'fast')).toBe(3);
    const half = 1 - (1 - LIMITS.fast.leastCosine) / 2;
    expect(measureExcess(embeddings(half, 1), 'fast')).toBeCloseTo(0.5, 6);
  });

  it('names the limits that are missed, with what was measured, and all of them where none is', () => {
    expect(describeGate(embeddings(0.9, 0.9999, 5), 'fast')).toBe(
      `worst cosine 0.9000 of at least ${LIMITS.fast.leastCosine}, 5 of 200 neighbours clearly changed of at most 4`,
    );
    expect(describeGate(labels(0.1), 'fast')).toBe('mean difference of scores 0.1000 of at most 0.03');
    expect(describeGate(labels(0), 'fast')).toBe(
      'mean difference of scores 0.0000 of at most 0.03, 0 of 200 labels clearly changed of at most 4',
    );
  });
});

describe('what is lost, in words', () => {
  it.each([
    ['neighbours', 0, 0, 'none of 200 texts has another nearest neighbour'],
    ['neighbours', 1, 0, '1 of 200 texts has another nearest neighbour; fp32 was not clear about it'],
    ['labels', 1, 1, '1 of 200 labels is another one; fp32 was clear about it'],
    ['spans', 7, 2, '7 of 200 spans change; fp32 was clear about 2 of them'],
    ['answers', 2, 0, '2 of 200 answers are others; fp32 was clear about none of them'],
    ['tokens', 3, 1, '3 of 200 masks get another first token; fp32 was clear about 1 of them'],
    ['orders', 3, 1, '3 of 200 pairs of texts change their order; fp32 was clear about 1 of them'],
  ] as const)('of %s, %i changed and %i clearly', (of, changed, clear, said) => {
    expect(describeLoss({ decisions: { of, total: 200, changed, clear } })).toBe(said);
  });

  it('says how far embeddings or scores are off', () => {
    expect(describeDistance(embeddings(0.99571, 0.99823))).toBe(
      'cosine to fp32 0.9957 at worst, 0.9982 on average',
    );
    expect(describeDistance(labels(0.0123))).toBe('scores off by 0.5000 at most, 0.0123 on average');
  });
});

describe('the speed beside fp32', () => {
  const requests = Array.from({ length: 200 }, (_, index) => ({ text: `${index}` }));

  /** Two models on one clock: a request takes so many milliseconds, times what else runs on the machine. */
  function models(fp32Ms: number, variantMs: number, load: (run: number) => number = () => 1) {
    let clock = 0;
    let run = 0;
    const calls: { who: string; requests: number }[] = [];
    const model = (who: string, ms: number) => ({
      infer: async (part: readonly unknown[]) => {
        calls.push({ who, requests: part.length });
        clock += part.length * ms * load(run++);
        return [];
      },
    });
    return { fp32: model('fp32', fp32Ms), variant: model('variant', variantMs), calls, now: () => clock };
  }

  it('is the median of ratios of rounds that take turns', async () => {
    const { fp32, variant, calls, now } = models(1, 0.4, (run) => (run === 6 || run === 9 ? 7 : 1));
    expect(await measureSpeedup(fp32, variant, requests, now)).toBe(2.5);
    const rounds = calls.slice(4).map(({ who }) => who);
    expect(rounds).toEqual([
      'fp32',
      'variant',
      'variant',
      'fp32',
      'fp32',
      'variant',
      'variant',
      'fp32',
      'fp32',
      'variant',
    ]);
    expect(new Set(calls.slice(4).map((call) => call.requests))).toEqual(new Set([32]));
  });

  it('of a slow model is measured on fewer requests, within three seconds or one round more', async () => {
    const { fp32, variant, calls, now } = models(100, 50);
    expect(await measureSpeedup(fp32, variant, requests, now)).toBe(2);
    expect(new Set(calls.map((call) => call.requests))).toEqual(new Set([8]));
    const slower = models(1000, 500);
    await measureSpeedup(slower.fp32, slower.variant, requests, slower.now);
    expect(slower.calls).toHaveLength(4);
  });
});
