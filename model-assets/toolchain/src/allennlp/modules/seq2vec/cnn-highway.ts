/**
 * cnn-highway: convolutions over characters, highway layers and a projection, as in ELMo. The padding of a text
 * alone is not masked.
 */
import { z } from 'zod';
import { count } from '../build.ts';
import type { Mask, ModuleDefinition, Scope, Seq2VecEncoder } from '../module.ts';
import { applyActivation } from '../nodes/activations.ts';
import { convolve } from '../nodes/convolution.ts';
import { highway } from '../nodes/highway.ts';
import { linear } from '../nodes/linear.ts';
import { column, fillPadding, LOWEST } from '../nodes/masks.ts';
import { allennlpNorm } from '../nodes/norms.ts';
import { concat, max, slice } from '../nodes/ops.ts';

const params = z.strictObject({
  embedding_dim: count,
  /** Widths, and the number of filters of each. */
  filters: z.array(z.tuple([count, count])).min(1),
  num_highway: z.int().nonnegative(),
  projection_dim: count,
  activation: z.enum(['relu', 'tanh']).default('relu'),
  projection_location: z.enum(['after_cnn', 'after_highway']).nullable().default('after_highway'),
  do_layer_norm: z.boolean().default(false),
});

export const cnnHighway: ModuleDefinition<z.infer<typeof params>, Seq2VecEncoder> = {
  role: 'seq2vec_encoder',
  type: 'cnn-highway',
  params,
  build(scope, parsed) {
    const { embedding_dim: dim, filters, projection_dim: projection, projection_location: location } = parsed;
    const width = filters.reduce((sum, [, number]) => sum + number, 0);
    const project = (x: string) => linear(scope.at('_projection'), x, width, projection);
    return {
      outputDim: location === null ? width : projection,
      encode(x, _mask, makeAlone) {
        const alone = makeAlone?.();
        const pooled = filters.map(([size, number], index) => {
          const place = scope.at(`char_conv_${index}`);
          const scores = convolve(place, x, dim, number, size);
          const greatest = max(place, alone === undefined ? scores : endingIn(place, scores, alone, size), 1);
          return applyActivation(place, parsed.activation, greatest);
        });
        const joined = concat(scope, pooled, -1);
        const before = location === 'after_cnn' ? project(joined) : joined;
        const dimension = location === 'after_cnn' ? projection : width;
        const carried = highway(scope.at('_highways'), before, dimension, parsed.num_highway);
        const output = location === 'after_highway' ? project(carried) : carried;
        return parsed.do_layer_norm ? allennlpNorm(scope.at('_layer_norm'), output, projection) : output;
      },
    };
  },
};

/** The scores of the windows that a text alone has; the lowest number for the others. */
function endingIn(scope: Scope, scores: string, alone: Mask, size: number): string {
  const ends = size === 1 ? alone : slice(scope, alone, 1, size - 1);
  return fillPadding(scope, scores, column(scope, ends), LOWEST);
}
