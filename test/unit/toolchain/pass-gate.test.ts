import { describe, expect, it } from 'vitest';
import {
  type Candidate,
  passGate,
  type Trial,
} from '../../../model-assets/toolchain/src/package/pass-gate.ts';
import {
  fewestKept,
  predictKept,
  saturatesSums,
} from '../../../model-assets/toolchain/src/stages/quantise.ts';
import type { VariantDeviation } from '../../../model-assets/toolchain/src/stages/verify.ts';

const EIGHT = { keep: [], reduceRange: false };
const SEVEN = { keep: [], reduceRange: true };
const off = (relative: number): VariantDeviation => ({
  ...{ largest: 1, relative, agreement: 1, clearAgreement: 1 },
});

/** Layers with falling errors of their own; together they are off by the root of the sum of squares. */
const LAYERS = Array.from({ length: 40 }, (_, index) => ({
  weights: `layer ${index}`,
  relative: 0.045 * 0.9 ** index,
}));
const together = (kept: number, scale = 1): number =>
  scale * Math.sqrt(LAYERS.slice(kept).reduce((sum, { relative }) => sum + relative ** 2, 0));

/** A variant whose error is that of its int8 layers, times a factor for weights of 7 bits. */
function candidate({ scale = 1, seven = 1, alternative = false } = {}) {
  const trials: Trial[] = [];
  const errorOf = ({ settings, keep }: Trial) =>
    together(keep.length, settings.reduceRange ? seven * scale : scale);
  const made: Candidate = {
    variant: 'int8',
    scheme: {
      otherwise: 'Otherwise.',
      probe: () => [],
      ...(alternative && { alternative: () => SEVEN }),
    },
    settings: EIGHT,
    plain: off(errorOf({ settings: EIGHT, keep: [] })),
    attempt: async (trial) => {
      trials.push(trial);
      return off(errorOf(trial));
    },
    layers: async () => LAYERS,
  };
  return { made, trials, counts: () => trials.map(({ keep }) => keep.length) };
}

describe('a variant that misses the quality gate', () => {
  it('is left alone where it passes', async () => {
    const { made, trials } = candidate({ scale: 0.3 });
    expect(await passGate(made)).toEqual([]);
    expect(trials).toEqual([]);
  });

  it('keeps as few layers as the gate asks for, found in few attempts because their own errors say how many', async () => {
    const { made, trials, counts } = candidate();
    const [note] = await passGate(made);
    const fewest = LAYERS.findIndex((_, kept) => together(kept) <= 0.06);
    expect(fewest).toBe(6);
    expect(trials.at(-1)?.keep).toHaveLength(fewest);
    expect(new Set(counts()).size).toBeLessThanOrEqual(3);
    expect(note).toMatch(
      new RegExp(`^int8 alone misses .*: ${fewest} of 40 layers stay fp32, layer 0 \\(own error 4\\.5 %\\)`),
    );
  });

  it('gets weights of 7 bits first, where sums of 8 bits saturate, and keeps no layer if they are enough', async () => {
    const { made, trials } = candidate({ seven: 0.3, alternative: true });
    const [note] = await passGate(made);
    expect(trials).toEqual([{ settings: SEVEN, keep: [] }]);
    expect(note).toContain('sums saturate on this processor: they have 7 bits');
  });

  it.each([
    ['7 bits, where they are better', 0.8, SEVEN],
    ['8 bits, where 7 are worse', 1.5, EIGHT],
  ] as const)('keeps layers beside weights of %s', async (_, seven, settings) => {
    const { made, trials } = candidate({ seven, alternative: true });
    await passGate(made);
    for (const trial of trials.slice(1)) expect(trial.settings).toEqual(settings);
  });

  it('is refused at once where half of its layers are not enough, with what was reached', async () => {
    const { made, counts } = candidate({ scale: 10 });
    await expect(passGate(made)).rejects.toMatchObject({
      code: 'VERIFY_FAILED',
      message: expect.stringMatching(
        /^int8 misses the quality gate \(relative error 1\d\d\.\d % .*, even with the worse half of its layers in fp32 \(relative error [\d.]+ % .*\)\. Otherwise\.$/,
      ),
    });
    expect(counts()).toEqual([20]);
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

  it('predicts by sums of squares', () => {
    const layers = [4, 3, 0, 0].map((relative) => ({ relative }));
    expect(predictKept(layers, 0.1, 0.1)).toBe(0);
    expect(predictKept(layers, 0.1, 0.061)).toBe(1);
    expect(predictKept(layers, 0.1, 0.05)).toBe(2);
    expect(predictKept([{ relative: 1 }], 1, 0.5)).toBe(1);
  });
});

describe('sums of products of 8 bits', () => {
  it.each([
    ['x64', 'flags : sse2 avx2', true],
    ['x64', 'flags : sse2 avx2 avx512_vnni', false],
    ['x64', 'flags : avx2 avx_vnni', false],
    ['x64', '', false],
    ['arm64', 'flags : none', false],
  ])('on %s with "%s" saturate: %s', (arch, instructions, expected) => {
    expect(saturatesSums(arch, () => instructions)).toBe(expected);
  });
});
