import type { Golden } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import { verifyGoldens } from '../../../model-assets/toolchain/src/stages/verify.ts';

/** Two rows of three logits: fp32 hardly tells the first two of the first row apart, and is sure of the second. */
const GOLDEN: Golden = {
  text: 'a',
  ids: [1, 2],
  outputs: {
    logits: {
      dims: [2, 3],
      values: [1, 0.95, -1, 1, -1, -1],
      top: [
        [0, 0.05],
        [0, 2],
      ],
    },
  },
};

/** A model that gives these logits to a call of one text, and others to a call of several. */
function model(alone: readonly number[], together: readonly number[] = alone) {
  const answer = (logits: readonly number[]) => ({
    encoding: { ids: [1, 2], typeIds: [0, 0], untruncatedLength: 2 },
    outputs: { logits: { dims: [2, 3], data: Float32Array.from(logits) } },
  });
  return {
    variantName: 'int8',
    infer: async (requests: readonly unknown[]) =>
      requests.map(() => answer(requests.length === 1 ? alone : together)),
  };
}

const EXACT = [1, 0.95, -1, 1, -1, -1];
const GOLDENS = [GOLDEN, { ...GOLDEN, text: 'b' }];

describe('the goldens of a variant', () => {
  it('tell in how many rows it has the label of fp32', async () => {
    expect(await verifyGoldens(model([0.95, 1, -1, 1, -1, -1]), GOLDENS)).toMatchObject({ agreement: 0.5 });
    const exact = await verifyGoldens(model(EXACT), GOLDENS);
    expect(exact.agreement).toBe(1);
    expect(exact.largest).toBeCloseTo(0, 6);
  });

  it('tell whether it answers in a batch as alone, to the last bit', async () => {
    expect((await verifyGoldens(model(EXACT), GOLDENS)).sameInAnyBatch).toBe(true);
    const nextFloat = EXACT.with(2, -1 - 2 ** -23);
    expect((await verifyGoldens(model(EXACT, nextFloat), GOLDENS)).sameInAnyBatch).toBe(false);
  });

  it('refuse a bit that differs in a batch where the package promises that none does, and only there', async () => {
    const moved = model(EXACT, EXACT.with(2, -1 - 2 ** -23));
    const bounds = { tolerance: 0.1 };
    await expect(verifyGoldens(moved, GOLDENS, bounds)).resolves.toMatchObject({ sameInAnyBatch: false });
    await expect(verifyGoldens(moved, GOLDENS, { ...bounds, sameInAnyBatch: true })).rejects.toMatchObject({
      code: 'VERIFY_FAILED',
      message: 'Variant int8 fails the golden "a": its outputs in a batch are not those alone, bit for bit.',
    });
    const same = verifyGoldens(model(EXACT), GOLDENS, { ...bounds, sameInAnyBatch: true });
    await expect(same).resolves.toMatchObject({ sameInAnyBatch: true });
  });

  it('refuse an output that is further off than the tolerance, alone or in a batch', async () => {
    const off = EXACT.with(0, 1.2);
    for (const predictor of [model(off), model(EXACT, off)])
      await expect(verifyGoldens(predictor, GOLDENS, { tolerance: 0.1 })).rejects.toThrow(
        'an output is 1.200 instead of 1.000, and may be off by 0.100',
      );
    await expect(verifyGoldens(model(off), GOLDENS, { tolerance: 0.21 })).resolves.toBeDefined();
  });
});
