/** pytorch_transformer: torch.nn.TransformerEncoder, which normalises after each sublayer. */
import { z } from 'zod';
import { int } from '../../../graph/node.ts';
import { count, ignored } from '../build.ts';
import type { Mask, ModuleDefinition, Scope, Seq2SeqEncoder } from '../module.ts';
import { applyActivation } from '../nodes/activations.ts';
import { linear } from '../nodes/linear.ts';
import { torchNorm } from '../nodes/norms.ts';
import { constant, integers, op, shape } from '../nodes/ops.ts';
import { addTimescales } from '../nodes/positions.ts';
import { attend } from '../nodes/self-attention.ts';
import { transpose } from '../nodes/weights.ts';

const params = z
  .strictObject({
    input_dim: count,
    num_layers: count,
    feedforward_hidden_dim: count.default(2048),
    num_attention_heads: count.default(8),
    positional_encoding: z.enum(['sinusoidal', 'embedding']).nullish(),
    positional_embedding_size: count.default(512),
    activation: z.enum(['relu', 'gelu']).default('relu'),
    dropout_prob: ignored,
  })
  .refine(
    ({ input_dim: dim, num_attention_heads: heads }) => dim % heads === 0,
    'num_attention_heads must divide input_dim',
  );
type TransformerParams = z.infer<typeof params>;

export const pytorchTransformer: ModuleDefinition<TransformerParams, Seq2SeqEncoder> = {
  role: 'seq2seq_encoder',
  type: 'pytorch_transformer',
  params,
  build: (scope, parsed) => ({
    outputDim: parsed.input_dim,
    isBidirectional: false,
    encode(x, mask) {
      let value = addPositions(scope, x, parsed);
      for (let layer = 0; layer < parsed.num_layers; layer++) {
        value = encodeLayer(scope.at(`_transformer.layers.${layer}`), value, mask, parsed);
      }
      return value;
    },
  }),
};

function addPositions(scope: Scope, x: string, parsed: TransformerParams): string {
  const { input_dim: dim, positional_encoding: encoding, positional_embedding_size: size } = parsed;
  if (encoding === 'sinusoidal') return addTimescales(scope, x, dim);
  if (encoding !== 'embedding') return x;
  const table = scope.at('_positional_embedding').weight('weight', [size, dim]);
  return op(scope, 'Add', [x, op(scope, 'Slice', [table, integers(scope, [0]), shape(scope, x, 1, 2)])]);
}

function encodeLayer(scope: Scope, x: string, mask: Mask, parsed: TransformerParams): string {
  const { input_dim: dim, num_attention_heads: heads, feedforward_hidden_dim: hidden } = parsed;
  const [query = '', key = '', value = ''] = projectInputs(scope.at('self_attn'), x, dim);
  const attended = attend(scope, query, key, value, { mask }, { heads, scale: (dim / heads) ** -0.5 });
  const attention = linear(scope.at('self_attn.out_proj'), attended, dim, dim);
  const first = torchNorm(scope.at('norm1'), op(scope, 'Add', [x, attention]), dim);
  const expanded = linear(scope.at('linear1'), first, dim, hidden);
  const contracted = linear(
    scope.at('linear2'),
    applyActivation(scope, parsed.activation, expanded),
    hidden,
    dim,
  );
  return torchNorm(scope.at('norm2'), op(scope, 'Add', [first, contracted]), dim);
}

/** Queries, keys and values by one product. */
function projectInputs(scope: Scope, x: string, dim: number): string[] {
  const weights = transpose(scope.tensor('in_proj_weight', [3 * dim, dim]), 3 * dim, dim);
  const product = op(scope, 'MatMul', [x, constant(scope, 'in_proj_weight', [dim, 3 * dim], weights)]);
  const projected = op(scope, 'Add', [product, scope.weight('in_proj_bias', [3 * dim])]);
  return scope.graph.ops('Split', [projected], scope.name('Split'), 3, {
    attributes: { axis: int(-1), num_outputs: int(3) },
  });
}
