/** gated-cnn-encoder: stacks of causal convolutions with gates in both directions, https://arxiv.org/abs/1612.08083. */
import { z } from 'zod';
import { int } from '../../../graph/node.ts';
import { count, ignored } from '../build.ts';
import type { Mask, ModuleDefinition, Scope, Seq2SeqEncoder } from '../module.ts';
import { padTokens, windows, windowWeights } from '../nodes/convolution.ts';
import { zeroPadding } from '../nodes/masks.ts';
import { concat, constant, op, scalar } from '../nodes/ops.ts';

/** The width, the outputs, and the dilation, which only a width of 2 can have. */
const layer = z.union([z.tuple([count, count]), z.tuple([z.literal(2), count, count])]);
const params = z.strictObject({
  input_dim: count,
  layers: z.array(z.array(layer).min(1)).min(1),
  dropout: ignored,
  return_all_layers: z.literal(false).optional(),
});
type Layer = z.infer<typeof layer>;

export const gatedCnn: ModuleDefinition<z.infer<typeof params>, Seq2SeqEncoder> = {
  role: 'seq2seq_encoder',
  type: 'gated-cnn-encoder',
  params,
  build: (scope, { input_dim: dim, layers }) => ({
    outputDim: 2 * dim,
    isBidirectional: true,
    encode(x, mask) {
      const run = (name: string, isForward: boolean) =>
        layers.reduce((value, block, index) => {
          const place = scope.at(`${name}.${index}`);
          return residualBlock(place, value, mask, block, dim, isForward);
        }, x);
      return concat(
        scope,
        [run('_forward_residual_blocks', true), run('_backward_residual_blocks', false)],
        -1,
      );
    },
  }),
};

function residualBlock(
  scope: Scope,
  x: string,
  mask: Mask,
  layers: readonly Layer[],
  dim: number,
  isForward: boolean,
): string {
  let inputs = dim;
  const tokens = zeroPadding(scope, x, mask);
  const output = layers.reduce((value, [width, outputs, dilation = 1], index) => {
    const place = scope.at(`_convolutions.${index}`);
    // A token sees itself and those before it, or after it.
    const reach = (width - 1) * dilation;
    // Zeros after the last token at every layer, as there are for a text alone: AllenNLP has what biases make of padding there.
    const masked = index === 0 ? value : zeroPadding(place, value, mask);
    const padded = padTokens(place, masked, isForward ? reach : 0, isForward ? 0 : reach);
    const weights = normalisedWeights(place, 2 * outputs, inputs, width);
    const product = op(place, 'MatMul', [
      windows(place, padded, width, dilation),
      constant(place, 'weight', [width * inputs, 2 * outputs], weights),
    ]);
    inputs = outputs;
    return gatedLinear(place, op(place, 'Add', [product, place.weight('bias', [2 * outputs])]));
  }, tokens);
  return op(scope, 'Mul', [op(scope, 'Add', [output, tokens]), scalar(scope, Math.sqrt(0.5))]);
}

/** The first half of the last axis, gated by the second. */
function gatedLinear(scope: Scope, x: string): string {
  const [values = '', gates = ''] = scope.graph.ops('Split', [x], scope.name('Split'), 2, {
    attributes: { axis: int(-1), num_outputs: int(2) },
  });
  return op(scope, 'Mul', [values, op(scope, 'Sigmoid', [gates])]);
}

/** torch's weight norm over the outputs: every filter has the length that `weight_g` says. */
function normalisedWeights(scope: Scope, outputs: number, inputs: number, width: number): Float32Array {
  const directions = scope.tensor('weight_v', [outputs, inputs, width]);
  const lengths = scope.tensor('weight_g', [outputs, 1, 1]);
  const size = inputs * width;
  const weights = Float32Array.from(directions);
  for (let output = 0; output < outputs; output++) {
    const filter = weights.subarray(output * size, (output + 1) * size);
    const norm = Math.sqrt(filter.reduce((sum, value) => sum + value * value, 0));
    const scale = (lengths[output] ?? 0) / norm;
    for (const [index, value] of filter.entries()) filter[index] = value * scale;
  }
  return windowWeights(weights, outputs, inputs, width);
}
