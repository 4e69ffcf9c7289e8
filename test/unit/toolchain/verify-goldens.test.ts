import type { Golden } from '@pilotlight/engine';
import { expect, test } from 'vitest';
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

test.each([
  ['fp32 itself could hardly tell', [0.95, 1, -1, 1, -1, -1], 0.5, 1],
  ['fp32 was sure of', [1, 0.95, -1, -1, 1, -1], 0.5, 0.5],
  ['nothing', [1, 0.95, -1, 1, -1, -1], 1, 1],
])('a variant that differs in what %s', async (_, logits, agreement, clearAgreement) => {
  const encoding = { ids: [1, 2], typeIds: [0, 0], untruncatedLength: 2 };
  const outputs = { logits: { dims: [2, 3], data: Float32Array.from(logits) } };
  const predictor = { variantName: 'int8', infer: async () => [{ encoding, outputs }] };
  expect(await verifyGoldens(predictor, [GOLDEN])).toMatchObject({ agreement, clearAgreement });
});
