/** cnn: convolutions of several widths, and the greatest value of each filter over the windows of tokens. */
import { z } from 'zod';
import { count } from '../build.ts';
import type { Mask, ModuleDefinition, Scope, Seq2VecEncoder } from '../module.ts';
import { type ActivationName, activation, applyActivation } from '../nodes/activations.ts';
import { convolve, padToLeast } from '../nodes/convolution.ts';
import { linear } from '../nodes/linear.ts';
import { column, fillPadding, LOWEST } from '../nodes/masks.ts';
import { concat, max, op, scalar, slice } from '../nodes/ops.ts';

const params = z.strictObject({
  embedding_dim: count,
  num_filters: count,
  ngram_filter_sizes: z.array(count).min(1).default([2, 3, 4, 5]),
  conv_layer_activation: activation.nullish(),
  output_dim: count.nullish(),
});

export const cnn: ModuleDefinition<z.infer<typeof params>, Seq2VecEncoder> = {
  role: 'seq2vec_encoder',
  type: 'cnn',
  params,
  build(scope, parsed) {
    const {
      embedding_dim: dim,
      num_filters: filters,
      ngram_filter_sizes: sizes,
      output_dim: output,
    } = parsed;
    const width = filters * sizes.length;
    return {
      outputDim: output ?? width,
      encode(x, mask) {
        const least = Math.max(...sizes);
        // What stands in the padding is in no window that ends with a token.
        const tokens = padToLeast(scope, x, least, 3);
        const tokenMask = padToLeast(scope, mask, least, 2);
        const pooled = sizes.map((size, index) => {
          const place = scope.at(`conv_layer_${index}`);
          const scores = convolve(place, tokens, dim, filters, size);
          const ends = size === 1 ? tokenMask : slice(place, tokenMask, 1, size - 1);
          return pool(place, scores, ends, parsed.conv_layer_activation ?? 'relu');
        });
        const joined = concat(scope, pooled, -1);
        return output ? linear(scope.at('projection_layer'), joined, width, output) : joined;
      },
    };
  },
};

/** The greatest value over the windows whose last token is one; 0 where there is no such window, as AllenNLP has it. */
function pool(scope: Scope, scores: string, ends: Mask, name: ActivationName): string {
  // What Relu gives is never below the 0 of no window, and the greatest value stays the greatest.
  if (name === 'relu') {
    const inside = op(scope, 'Mul', [scores, column(scope, ends)]);
    return applyActivation(scope, name, max(scope, inside, 1));
  }
  const values = applyActivation(scope, name, scores);
  const greatest = max(scope, fillPadding(scope, values, column(scope, ends), LOWEST), 1);
  const isNone = op(scope, 'Equal', [greatest, scalar(scope, LOWEST)]);
  return op(scope, 'Where', [isNone, scalar(scope, 0), greatest]);
}
