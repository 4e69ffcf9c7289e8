/** Matrix attention: scores of every row of one matrix for every row of another, without a softmax. */
import { z } from 'zod';
import { count } from '../build.ts';
import type { MatrixAttention, ModuleDefinition } from '../module.ts';
import { activation, applyActivation } from '../nodes/activations.ts';
import { bilinear, cosine, dotProduct, linearScores, scaleByWidth } from '../nodes/similarity.ts';
import { linearParams } from './linear-params.ts';

const noParams = z.strictObject({});
const bilinearParams = z.strictObject({
  matrix_1_dim: count,
  matrix_2_dim: count,
  activation: activation.nullish(),
  use_input_biases: z.boolean().default(false),
  label_dim: z.literal(1).optional(),
});
const matrixLinearParams = z.strictObject(linearParams);

type Definition<P> = ModuleDefinition<P, MatrixAttention>;

export const dotProductMatrix: Definition<z.infer<typeof noParams>> = {
  role: 'matrix_attention',
  type: 'dot_product',
  params: noParams,
  build: (scope) => ({ score: (first, second) => dotProduct(scope, first, second) }),
};

export const scaledDotProductMatrix: Definition<z.infer<typeof noParams>> = {
  role: 'matrix_attention',
  type: 'scaled_dot_product',
  params: noParams,
  build: (scope) => ({
    score: (first, second) => scaleByWidth(scope, dotProduct(scope, first, second), first),
  }),
};

export const cosineMatrix: Definition<z.infer<typeof noParams>> = {
  role: 'matrix_attention',
  type: 'cosine',
  params: noParams,
  build: (scope) => ({ score: (first, second) => cosine(scope, first, second) }),
};

export const bilinearMatrix: Definition<z.infer<typeof bilinearParams>> = {
  role: 'matrix_attention',
  type: 'bilinear',
  params: bilinearParams,
  build: (scope, { matrix_1_dim: x, matrix_2_dim: y, use_input_biases: withOnes, activation: name }) => ({
    score(first, second) {
      const scores = bilinear(scope, first, second, { x, y }, withOnes);
      return applyActivation(scope, name ?? 'linear', scores);
    },
  }),
};

export const linearMatrix: Definition<z.infer<typeof matrixLinearParams>> = {
  role: 'matrix_attention',
  type: 'linear',
  params: matrixLinearParams,
  build: (scope, { tensor_1_dim: x, tensor_2_dim: y, combination, activation: name }) => ({
    score(first, second) {
      const scores = linearScores(scope, combination, first, second, { x, y });
      return applyActivation(scope, name ?? 'linear', scores);
    },
  }),
};
