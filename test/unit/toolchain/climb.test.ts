import type { Judgement, SchemeName } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import {
  type Attempt,
  climb,
  type Ladder,
  type Step,
  titleOf,
} from '../../../model-assets/toolchain/src/package/climb.ts';
import { LIMITS } from '../../../model-assets/toolchain/src/package/quality-gate.ts';
import type { SchemeRung } from '../../../model-assets/toolchain/src/schemes/scheme.ts';
import { fewestKept, predictKept } from '../../../model-assets/toolchain/src/stages/quantise.ts';

const SETTINGS = { keep: [], reduceRange: false };

/** Layers with falling errors of their own; together they are off by the root of the sum of squares. */
const LAYERS = Array.from({ length: 40 }, (_, index) => ({
  weights: `layer ${index}`,
  relative: 0.045 * 0.9 ** index,
}));
const together = (kept: number): number =>
  Math.sqrt(LAYERS.slice(kept).reduce((sum, { relative }) => sum + relative ** 2, 0));

/** A judgement of embeddings that are off by `error`: the cosine falls with its square. */
const off = (error: number): Judgement => ({
  texts: 200,
  cosine: { least: 1 - error ** 2, mean: 1 - error ** 2 / 4 },
  decisions: { of: 'neighbours', total: 200, changed: 3, clear: 0 },
});

/** The largest error that the level accepts, by the rule above. */
const accepted = (level: 'fast' | 'best'): number =>
  Math.min(Math.sqrt(1 - LIMITS[level].leastCosine), 2 * Math.sqrt(1 - LIMITS[level].meanCosine));

function rung(scheme: SchemeName, title: string, sevenBits?: SchemeName): SchemeRung {
  const build = () => Promise.reject(new Error('a fake is not built'));
  return { scheme, title, build, ...(sevenBits && { sevenBits }) };
}

const RUNGS = [
  rung('int8-static', 'static', 'int8-static-7bit'),
  rung('int8-rows', 'rows'),
  rung('int8-blocks-32', 'blocks of 32'),
  rung('int8-weights', 'weights only'),
];

/** Rungs that measure what they cost each layer; the others go by their order. */
const MEASURING: readonly SchemeName[] = ['int8-static', 'int8-rows'];

interface Fake extends Partial<Ladder> {
  /** Errors of the rungs with all layers in int8, by scheme. */
  readonly errors?: Readonly<Record<string, number>>;
  /** What weights of 7 bits multiply the error by. */
  readonly seven?: number;
}

function ladder({ errors = {}, seven = 1, ...more }: Fake = {}) {
  const steps: Step[] = [];
  const made: Ladder = {
    variant: 'int8',
    scheme: { rungs: RUNGS, otherwise: 'Otherwise.' },
    settings: SETTINGS,
    level: 'fast',
    attempt: async (step): Promise<Attempt> => {
      steps.push(step);
      const plain = errors[step.rung.scheme] ?? 1;
      const bits = step.settings.reduceRange ? seven : 1;
      const judgement = off(plain * bits * (together(step.keep.length) / together(0)));
      const measured = MEASURING.includes(step.rung.scheme) && { layers: LAYERS };
      return { step, scheme: step.rung.scheme, bytes: 1000, judgement, speedup: 2, ...measured };
    },
    ...more,
  };
  return { made, steps, names: () => steps.map(({ rung: { scheme } }) => scheme) };
}

const GOOD = 0.8 * accepted('fast');
const BAD = 1.2 * accepted('fast');

describe('the ladder of int8', () => {
  it('is left at the first rung that is good enough, whatever comes after it', async () => {
    const { made, names } = ladder({ errors: { 'int8-static': GOOD, 'int8-rows': 0 } });
    const { taken, tried, notes } = await climb(made);
    expect(taken.scheme).toBe('int8-static');
    expect([names(), tried.length, notes]).toEqual([['int8-static'], 1, []]);
  });

  it('is climbed in its order, and tells of each rung that was tried', async () => {
    const { made } = ladder({ errors: { 'int8-static': BAD, 'int8-rows': BAD, 'int8-blocks-32': GOOD } });
    const { taken, tried } = await climb(made);
    expect(taken.scheme).toBe('int8-blocks-32');
    expect(tried.map(({ scheme }) => scheme)).toEqual(['int8-static', 'int8-rows', 'int8-blocks-32']);
  });

  it('keeps as few layers of its best rung in fp32 as the gate asks for, before it computes everything in fp32', async () => {
    const best = 1.3 * accepted('fast');
    const errors = { 'int8-static': 3, 'int8-rows': best, 'int8-blocks-32': 2, 'int8-weights': 0 };
    const { made, steps } = ladder({ errors });
    const { taken, notes } = await climb(made);
    const fewest = LAYERS.findIndex((_, kept) => (best * together(kept)) / together(0) <= accepted('fast'));
    expect(fewest).toBe(3);
    expect(taken).toMatchObject({ scheme: 'int8-rows', step: { keep: ['layer 0', 'layer 1', 'layer 2'] } });
    expect(steps.at(-1)).toEqual(taken.step);
    expect(steps.slice(3).every(({ rung: { scheme } }) => scheme === 'int8-rows')).toBe(true);
    expect(notes[0]).toMatch(
      /^int8 alone misses the quality gate \(.*cosine 0\.9\d+ of at least .*\): 3 of 40 layers stay fp32, layer 0 \(own error 4\.5 %\), /,
    );
  });

  it('searches for layers in at most seven attempts, the last of which is what is taken', async () => {
    for (const scale of [1.05, 1.4, 1.8, 2.2, 2.6]) {
      const { made, steps } = ladder({
        errors: { 'int8-rows': scale * accepted('fast'), 'int8-weights': 0 },
      });
      const { taken } = await climb(made);
      const searched = steps.filter(({ keep }) => keep.length > 0).length;
      expect(searched).toBeLessThanOrEqual(7);
      expect(steps.at(-1)).toEqual(taken.step);
    }
  });

  it('ends with weights alone where half of the layers are not enough', async () => {
    const { made, steps } = ladder({ errors: { 'int8-weights': GOOD } });
    const { taken } = await climb(made);
    expect(taken.scheme).toBe('int8-weights');
    expect(steps.some(({ keep }) => keep.length === 20)).toBe(true);
  });

  it('refuses a model that no rung is good enough for, with the best attempt and what to do', async () => {
    const { made } = ladder({
      errors: { 'int8-static': 3, 'int8-rows': 4, 'int8-blocks-32': 2, 'int8-weights': 0.8 },
    });
    await expect(climb(made)).rejects.toMatchObject({
      code: 'VERIFY_FAILED',
      message: expect.stringMatching(
        /^int8 loses too much of this model\. The best attempt was blocks of 32, 20 layers in fp32: worst cosine 0\.\d+ of at least 0\.\d+, mean cosine .*\. Otherwise\.$/,
      ),
    });
  });

  it('asks for more at the level best', async () => {
    const error = 0.9 * accepted('fast');
    expect(error).toBeGreaterThan(accepted('best'));
    const { made, names } = ladder({ level: 'best', errors: { 'int8-static': error, 'int8-rows': 0.01 } });
    expect((await climb(made)).taken.scheme).toBe('int8-rows');
    expect(names()).toEqual(['int8-static', 'int8-rows']);
    const refused = ladder({ level: 'best' });
    await expect(climb(refused.made)).rejects.toThrow('Ask for less with --quality fast.');
  });
});

describe('a rung that is asked for', () => {
  it('is the only one that is tried, though faster ones would do', async () => {
    const { made, names } = ladder({ only: 'int8-rows', errors: { 'int8-static': GOOD, 'int8-rows': GOOD } });
    expect((await climb(made)).taken.scheme).toBe('int8-rows');
    expect(names()).toEqual(['int8-rows']);
  });

  it('may be weights alone', async () => {
    const { made, names } = ladder({ only: 'int8-weights', errors: { 'int8-weights': GOOD } });
    await climb(made);
    expect(names()).toEqual(['int8-weights']);
  });

  it('is refused where it is not good enough, with the advice to leave the others in', async () => {
    const { made, names } = ladder({ only: 'int8-rows', errors: { 'int8-blocks-32': 0 } });
    await expect(climb(made)).rejects.toThrow(/The best attempt was rows.*Leave --scheme out/);
    expect(new Set(names())).toEqual(new Set(['int8-rows']));
  });

  it('must be one of the ladder', async () => {
    await expect(climb(ladder({ only: 'fp16' }).made)).rejects.toMatchObject({
      code: 'USAGE',
      message: "There is no rung 'fp16'. There are: int8-static, int8-rows, int8-blocks-32, int8-weights.",
    });
  });
});

describe('weights of 7 bits', () => {
  it('are tried where they are asked for, and never by themselves', async () => {
    const settings = { keep: [], reduceRange: true };
    const asked = ladder({ settings, seven: 0.5, errors: { 'int8-static': BAD } });
    const { taken } = await climb(asked.made);
    expect(titleOf(taken)).toBe('static, 7 bits');
    const plain = ladder({ seven: 0, errors: { 'int8-static': BAD, 'int8-rows': GOOD } });
    expect(titleOf((await climb(plain.made)).taken)).toBe('rows');
  });
});

describe('the search for the fewest', () => {
  const names = LAYERS.map(({ weights }) => weights);

  it.each([1, 2, 7, 12, 19, 20])('finds %i from wherever it begins', async (needed) => {
    for (let first = 0; first <= 41; first++) {
      const tried: number[] = [];
      const found = await fewestKept(
        names,
        20,
        async ({ length }) => {
          tried.push(length);
          return length >= needed ? length : undefined;
        },
        first,
      );
      expect(found?.kept).toHaveLength(needed);
      expect(new Set(tried).size).toBe(tried.length);
      expect(Math.max(...tried)).toBeLessThanOrEqual(20);
    }
  });

  it.each([1, 2, 7, 12, 19, 20])(
    'finds enough where %i are needed, in as few attempts as it may make',
    async (needed) => {
      for (let first = 0; first <= 41; first++) {
        for (const attempts of [2, 3, 6]) {
          let made = 0;
          const found = await fewestKept(
            names,
            20,
            async ({ length }) => {
              made++;
              return length >= needed ? length : undefined;
            },
            first,
            attempts,
          );
          expect(found?.kept.length).toBeGreaterThanOrEqual(needed);
          expect(made).toBeLessThanOrEqual(attempts);
        }
      }
    },
  );

  it('predicts by sums of squares', () => {
    const layers = [4, 3, 0, 0].map((relative) => ({ relative }));
    expect(predictKept(layers, 0.1, 0.1)).toBe(0);
    expect(predictKept(layers, 0.1, 0.061)).toBe(1);
    expect(predictKept(layers, 0.1, 0.05)).toBe(2);
    expect(predictKept([{ relative: 1 }], 1, 0.5)).toBe(1);
  });
});
