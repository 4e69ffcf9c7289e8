/** Attention: the shares of the rows of a matrix for one vector, or their scores where `normalize` is false. */
import { z } from 'zod';
import { count } from '../build.ts';
import type { Attention, Mask, ModuleDefinition, Scope } from '../module.ts';
import { activation, applyActivation } from '../nodes/activations.ts';
import { maskedSoftmax } from '../nodes/masks.ts';
import { op, scalar, squeeze, unsqueeze } from '../nodes/ops.ts';
import { bilinear, cosine, dotProduct, linearScores, scaleByWidth } from '../nodes/similarity.ts';
import { linearParams } from './linear-params.ts';

const normalize = z.boolean().default(true);
const noParams = z.strictObject({ normalize });
const scaledParams = z.strictObject({ normalize, scaling_factor: count.nullish() });
const additiveParams = z.strictObject({ normalize, vector_dim: count, matrix_dim: count });
const bilinearParams = z.strictObject({
  normalize,
  vector_dim: count,
  matrix_dim: count,
  activation: activation.nullish(),
});
const vectorLinearParams = z.strictObject({ ...linearParams, normalize });

type Definition<P> = ModuleDefinition<P, Attention>;

export const dotProductAttention: Definition<z.infer<typeof noParams>> = {
  role: 'attention',
  type: 'dot_product',
  params: noParams,
  build: (scope, parsed) => attention(scope, parsed, (row, matrix) => dotProduct(scope, row, matrix)),
};

export const scaledDotProductAttention: Definition<z.infer<typeof scaledParams>> = {
  role: 'attention',
  type: 'scaled_dot_product',
  params: scaledParams,
  build: (scope, parsed) =>
    attention(scope, parsed, (row, matrix) => {
      const scores = dotProduct(scope, row, matrix);
      const { scaling_factor: factor } = parsed;
      if (!factor) return scaleByWidth(scope, scores, matrix);
      return op(scope, 'Mul', [scores, scalar(scope, factor ** -0.5)]);
    }),
};

export const cosineAttention: Definition<z.infer<typeof noParams>> = {
  role: 'attention',
  type: 'cosine',
  params: noParams,
  build: (scope, parsed) => attention(scope, parsed, (row, matrix) => cosine(scope, row, matrix)),
};

/** https://arxiv.org/abs/1409.0473 */
export const additiveAttention: Definition<z.infer<typeof additiveParams>> = {
  role: 'attention',
  type: 'additive',
  params: additiveParams,
  build: (scope, parsed) =>
    attention(scope, parsed, (row, matrix) => {
      const { vector_dim: width, matrix_dim: rows } = parsed;
      const ofVector = op(scope, 'MatMul', [row, scope.weight('_w_matrix', [width, width])]);
      const ofRows = op(scope, 'MatMul', [matrix, scope.weight('_u_matrix', [rows, width])]);
      const hidden = op(scope, 'Tanh', [op(scope, 'Add', [ofVector, ofRows])]);
      const column = op(scope, 'MatMul', [hidden, scope.weight('_v_vector', [width, 1])]);
      return unsqueeze(scope, squeeze(scope, column, 2), 1);
    }),
};

export const bilinearAttention: Definition<z.infer<typeof bilinearParams>> = {
  role: 'attention',
  type: 'bilinear',
  params: bilinearParams,
  build: (scope, parsed) =>
    attention(scope, parsed, (row, matrix) => {
      const widths = { x: parsed.vector_dim, y: parsed.matrix_dim };
      const scores = bilinear(scope, row, matrix, widths, false);
      return applyActivation(scope, parsed.activation ?? 'linear', scores);
    }),
};

export const linearAttention: Definition<z.infer<typeof vectorLinearParams>> = {
  role: 'attention',
  type: 'linear',
  params: vectorLinearParams,
  build: (scope, parsed) =>
    attention(scope, parsed, (row, matrix) => {
      const widths = { x: parsed.tensor_1_dim, y: parsed.tensor_2_dim };
      const scores = linearScores(scope, parsed.combination, row, matrix, widths);
      return applyActivation(scope, parsed.activation ?? 'linear', scores);
    }),
};

/** `score` gives `[batch, 1, rows]` for the vector as a matrix of one row. */
function attention(
  scope: Scope,
  { normalize: isNormalised }: { readonly normalize: boolean },
  score: (row: string, matrix: string) => string,
): Attention {
  return {
    attend(vector: string, matrix: string, mask: Mask) {
      const scores = squeeze(scope, score(unsqueeze(scope, vector, 1), matrix), 1);
      return isNormalised ? maskedSoftmax(scope, scores, mask) : scores;
    },
  };
}
