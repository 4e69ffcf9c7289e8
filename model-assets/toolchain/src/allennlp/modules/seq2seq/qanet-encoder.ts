/**
 * qanet_encoder (arXiv:1804.09541): blocks of positions, depthwise separable convolutions, self attention and a feedforward, each
 * with a layer norm before it and its input added after it.
 */
import { z } from 'zod';
import { ToolchainError } from '../../../errors.ts';
import { int, ints } from '../../../graph/node.ts';
import { buildModule, count, ignored } from '../build.ts';
import type { Mask, ModuleDefinition, Scope, Seq2SeqEncoder } from '../module.ts';
import { linear } from '../nodes/linear.ts';
import { zeroPadding } from '../nodes/masks.ts';
import { torchNorm } from '../nodes/norms.ts';
import { op, scalar } from '../nodes/ops.ts';
import { addTimescales } from '../nodes/positions.ts';
import { selfAttention } from './multi-head-self-attention.ts';

const blockParams = {
  input_dim: count,
  hidden_dim: count,
  attention_projection_dim: count,
  feedforward_hidden_dim: count,
  conv_kernel_size: count,
  num_attention_heads: count,
  use_positional_encoding: z.boolean().default(true),
  dropout_prob: ignored,
  layer_dropout_undecayed_prob: z.number().min(0).max(1).default(0.1),
  attention_dropout_prob: ignored,
};
const encoderSchema = z.strictObject({ ...blockParams, num_blocks: count, num_convs_per_block: count });
const blockSchema = z.strictObject({ ...blockParams, num_convs: count });
type BlockParams = Omit<z.infer<typeof blockSchema>, 'input_dim'>;

export const qanetEncoder: ModuleDefinition<z.infer<typeof encoderSchema>, Seq2SeqEncoder> = {
  role: 'seq2seq_encoder',
  type: 'qanet_encoder',
  params: encoderSchema,
  build(scope, { num_blocks: blocks, num_convs_per_block: convolutions, ...params }) {
    const { input_dim: inputs, hidden_dim: width } = params;
    return {
      outputDim: width,
      isBidirectional: false,
      encode(x, mask) {
        let value = inputs === width ? x : linear(scope.at('_input_projection_layer'), x, inputs, width);
        for (let block = 0; block < blocks; block++) {
          const place = scope.at(`_encoder_blocks.${block}`);
          value = encodeBlock(place, { ...params, num_convs: convolutions }, value, mask);
        }
        return value;
      },
    };
  },
};

export const qanetEncoderBlock: ModuleDefinition<z.infer<typeof blockSchema>, Seq2SeqEncoder> = {
  role: 'seq2seq_encoder',
  type: 'qanet_encoder_block',
  params: blockSchema,
  build(scope, params) {
    if (params.input_dim !== params.hidden_dim) {
      throw new ToolchainError(
        'SOURCE_INVALID',
        `${scope.path}: input_dim and hidden_dim of a qanet_encoder_block differ.`,
      );
    }
    return {
      outputDim: params.hidden_dim,
      isBidirectional: false,
      encode: (x, mask) => encodeBlock(scope, params, x, mask),
    };
  },
};

function encodeBlock(scope: Scope, params: BlockParams, x: string, mask: Mask): string {
  const { hidden_dim: width, conv_kernel_size: kernel } = params;
  let value = params.use_positional_encoding ? addTimescales(scope, x, width) : x;
  const sublayers = params.num_convs + 2;
  // Training leaves out a sublayer by chance, later ones more often; in its place AllenNLP makes it smaller by that chance.
  const add = (before: string, made: string, index: number) => {
    const kept = 1 - (params.layer_dropout_undecayed_prob * index) / sublayers;
    return op(scope, 'Add', [before, kept === 1 ? made : op(scope, 'Mul', [made, scalar(scope, kept)])]);
  };
  for (let index = 0; index < params.num_convs; index++) {
    const normed = torchNorm(scope.at(`_conv_norm_layers.${index}`), value, width);
    const convolved = convolve(scope.at(`_conv_layers.${index}`), normed, width, kernel, mask);
    value = add(value, convolved, index + 1);
  }
  const heads = {
    heads: params.num_attention_heads,
    inputs: width,
    attention: params.attention_projection_dim,
    values: params.attention_projection_dim,
    outputs: width,
  };
  const query = torchNorm(scope.at('attention_norm_layer'), value, width);
  const attended = selfAttention(scope.at('attention_layer'), heads, query, mask);
  value = add(value, attended, sublayers - 1);
  const feedforward = buildModule('feedforward', scope.at('feedforward'), {
    input_dim: width,
    num_layers: 2,
    hidden_dims: [params.feedforward_hidden_dim, width],
    activations: ['relu', 'linear'],
  });
  const forwarded = feedforward.apply(torchNorm(scope.at('feedforward_norm_layer'), value, width));
  return add(value, forwarded, sublayers);
}

/**
 * A convolution of every dimension by itself, one across dimensions, and a relu. Padding is made zero before, which AllenNLP does
 * not do in batches: a text has the vectors that it has alone.
 */
function convolve(scope: Scope, x: string, width: number, kernel: number, mask: Mask): string {
  const byDimension = op(scope, 'Transpose', [zeroPadding(scope, x, mask)], { perm: ints([0, 2, 1]) });
  const [depthwise, pointwise] = [scope.at('1'), scope.at('2')];
  const before = Math.floor(kernel / 2);
  const spread = op(
    depthwise,
    'Conv',
    [byDimension, depthwise.weight('weight', [width, 1, kernel]), depthwise.weight('bias', [width])],
    { group: int(width), kernel_shape: ints([kernel]), pads: ints([before, kernel - 1 - before]) },
  );
  const mixed = op(
    pointwise,
    'Conv',
    [spread, pointwise.weight('weight', [width, width, 1]), pointwise.weight('bias', [width])],
    { kernel_shape: ints([1]) },
  );
  return op(scope, 'Transpose', [op(scope, 'Relu', [mixed])], { perm: ints([0, 2, 1]) });
}
