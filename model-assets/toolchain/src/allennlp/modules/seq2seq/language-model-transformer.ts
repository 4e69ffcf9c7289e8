/** bidirectional_language_model_transformer: one transformer that looks back and one that looks ahead, side by side. */
import { z } from 'zod';
import { int, ints } from '../../../graph/node.ts';
import { count, ignored } from '../build.ts';
import type { Mask, ModuleDefinition, Scope, Seq2SeqEncoder } from '../module.ts';
import { linear } from '../nodes/linear.ts';
import { allennlpNorm } from '../nodes/norms.ts';
import { concat, integers, op, shape, unsqueeze } from '../nodes/ops.ts';
import { addInterleavedTimescales } from '../nodes/positions.ts';
import { attend, biasOf } from '../nodes/self-attention.ts';

/** AllenNLP has no parameter for it. */
const HEADS = 8;

const params = z
  .strictObject({
    input_dim: count,
    hidden_dim: count,
    num_layers: count,
    dropout: ignored,
    input_dropout: ignored,
    return_all_layers: z.literal(false).optional(),
  })
  .refine(({ input_dim: dim }) => dim % HEADS === 0, `input_dim must be a multiple of ${HEADS}`);

export const languageModelTransformer: ModuleDefinition<z.infer<typeof params>, Seq2SeqEncoder> = {
  role: 'seq2seq_encoder',
  type: 'bidirectional_language_model_transformer',
  params,
  build: (scope, { input_dim: dim, hidden_dim: hidden, num_layers: layers }) => ({
    outputDim: 2 * dim,
    isBidirectional: true,
    encode(x, mask) {
      const positioned = addInterleavedTimescales(scope, x, dim);
      const [back, ahead] = directions(scope, mask);
      const run = (name: string, bias: string) => {
        const place = scope.at(name);
        let value = positioned;
        for (let layer = 0; layer < layers; layer++) {
          value = encodeLayer(place.at(`layers.${layer}`), value, bias, dim, hidden);
        }
        return allennlpNorm(place.at('norm'), value, dim);
      };
      return concat(scope, [run('_forward_transformer', back), run('_backward_transformer', ahead)], -1);
    },
  }),
};

/** For both directions, where a token may look: at itself and what is before it, or after it; `[batch, 1, tokens, tokens]`. */
function directions(scope: Scope, mask: Mask): readonly [string, string] {
  const dims = concat(scope, [integers(scope, [1, 1, 1]), shape(scope, mask, 1, 2)], 0);
  const rows = op(scope, 'Expand', [unsqueeze(scope, mask, 1, 3), dims]);
  const back = op(scope, 'Trilu', [rows], { upper: int(0) });
  const ahead = op(scope, 'Transpose', [back], { perm: ints([0, 1, 3, 2]) });
  return [biasOf(scope, back), biasOf(scope, ahead)];
}

function encodeLayer(scope: Scope, x: string, bias: string, dim: number, hidden: number): string {
  const normed = allennlpNorm(scope.at('sublayer.0.norm'), x, dim);
  const [query = '', key = '', value = ''] = [0, 1, 2].map((index) =>
    linear(scope.at(`self_attn.linears.${index}`), normed, dim, dim),
  );
  const heads = { heads: HEADS, scale: (dim / HEADS) ** -0.5 };
  const attended = attend(scope, query, key, value, { bias }, heads);
  const attention = linear(scope.at('self_attn.linears.3'), attended, dim, dim);
  const first = op(scope, 'Add', [x, attention]);
  const expanded = linear(
    scope.at('feed_forward.w_1'),
    allennlpNorm(scope.at('sublayer.1.norm'), first, dim),
    dim,
    hidden,
  );
  const contracted = linear(scope.at('feed_forward.w_2'), op(scope, 'Relu', [expanded]), hidden, dim);
  return op(scope, 'Add', [first, contracted]);
}
