/** multi_head_self_attention and stacked_self_attention, https://arxiv.org/abs/1706.03762. */
import { z } from 'zod';
import { int } from '../../../graph/node.ts';
import { count, ignored } from '../build.ts';
import type { Mask, ModuleDefinition, Scope, Seq2SeqEncoder } from '../module.ts';
import { linear } from '../nodes/linear.ts';
import { allennlpNorm } from '../nodes/norms.ts';
import { integers, op } from '../nodes/ops.ts';
import { addTimescales } from '../nodes/positions.ts';
import { attend } from '../nodes/self-attention.ts';

export interface SelfAttentionShape {
  readonly heads: number;
  readonly inputs: number;
  /** The width of queries and keys, and that of values. */
  readonly attention: number;
  readonly values: number;
  readonly outputs: number;
}

const headsDivide = 'num_heads must divide attention_dim and values_dim';
const params = z
  .strictObject({
    num_heads: count,
    input_dim: count,
    attention_dim: count,
    values_dim: count,
    output_projection_dim: count.nullish(),
    attention_dropout_prob: ignored,
  })
  .refine(
    ({ num_heads: heads, attention_dim: attention, values_dim: values }) =>
      attention % heads === 0 && values % heads === 0,
    headsDivide,
  );

export const multiHeadSelfAttention: ModuleDefinition<z.infer<typeof params>, Seq2SeqEncoder> = {
  role: 'seq2seq_encoder',
  type: 'multi_head_self_attention',
  params,
  build(scope, parsed) {
    const outputs = parsed.output_projection_dim ?? parsed.input_dim;
    const shape = {
      heads: parsed.num_heads,
      inputs: parsed.input_dim,
      attention: parsed.attention_dim,
      values: parsed.values_dim,
      outputs,
    };
    return {
      outputDim: outputs,
      isBidirectional: false,
      encode: (x, mask) => selfAttention(scope, shape, x, mask),
    };
  },
};

/** Every token looks at all tokens: `[batch, tokens, inputs]` to `[batch, tokens, outputs]` by the tensors of a place. */
export function selfAttention(
  scope: Scope,
  { heads, inputs, attention, values, outputs }: SelfAttentionShape,
  x: string,
  mask: Mask,
): string {
  const projected = linear(scope.at('_combined_projection'), x, inputs, 2 * attention + values);
  const widths = integers(scope, [attention, attention, values]);
  const [query = '', key = '', value = ''] = scope.graph.ops(
    'Split',
    [projected, widths],
    scope.name('Split'),
    3,
    { attributes: { axis: int(-1) } },
  );
  // AllenNLP divides by the width of the input for each head, not by that of queries and keys.
  const scale = Math.floor(inputs / heads) ** -0.5;
  const attended = attend(scope, query, key, value, { mask }, { heads, scale });
  return linear(scope.at('_output_projection'), attended, values, outputs);
}

const stackedParams = z.strictObject({
  input_dim: count,
  hidden_dim: count,
  projection_dim: count,
  feedforward_hidden_dim: count,
  num_layers: count,
  num_attention_heads: count,
  use_positional_encoding: z.boolean().default(true),
  dropout_prob: ignored,
  residual_dropout_prob: ignored,
  attention_dropout_prob: ignored,
});
type StackedParams = z.infer<typeof stackedParams>;

export const stackedSelfAttention: ModuleDefinition<StackedParams, Seq2SeqEncoder> = {
  role: 'seq2seq_encoder',
  type: 'stacked_self_attention',
  params: stackedParams,
  build: (scope, parsed) => ({
    outputDim: parsed.hidden_dim,
    isBidirectional: false,
    encode(x, mask) {
      const { input_dim: inputs, use_positional_encoding: hasPositions } = parsed;
      let value = hasPositions ? addTimescales(scope, x, inputs) : x;
      for (let layer = 0; layer < parsed.num_layers; layer++) {
        value = stackedLayer(scope, layer, layer === 0 ? inputs : parsed.hidden_dim, value, mask, parsed);
      }
      return value;
    },
  }),
};

/** A feedforward, then attention, each added to what it was given and normalised. */
function stackedLayer(
  scope: Scope,
  layer: number,
  inputs: number,
  x: string,
  mask: Mask,
  parsed: StackedParams,
): string {
  const { hidden_dim: hidden, feedforward_hidden_dim: middle, projection_dim: projection } = parsed;
  const feedforward = scope.at(`feedforward_${layer}`);
  const expanded = op(scope, 'Relu', [linear(feedforward.at('_linear_layers.0'), x, inputs, middle)]);
  const contracted = linear(feedforward.at('_linear_layers.1'), expanded, middle, hidden);
  // The first layer may change the width; what it was given can then not be added.
  const before =
    inputs === hidden
      ? allennlpNorm(scope.at(`feedforward_layer_norm_${layer}`), op(scope, 'Add', [contracted, x]), hidden)
      : contracted;
  const shape = {
    heads: parsed.num_attention_heads,
    inputs: hidden,
    attention: projection,
    values: projection,
    outputs: hidden,
  };
  const attended = selfAttention(scope.at(`self_attention_${layer}`), shape, before, mask);
  return allennlpNorm(scope.at(`layer_norm_${layer}`), op(scope, 'Add', [attended, before]), hidden);
}
