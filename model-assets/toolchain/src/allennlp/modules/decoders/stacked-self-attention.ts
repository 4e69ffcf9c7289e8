/** stacked_self_attention: a decoder of transformer layers, which normalise before and not after. */
import { z } from 'zod';
import { ToolchainError } from '../../../errors.ts';
import { int } from '../../../graph/node.ts';
import { count, ignored } from '../build.ts';
import type { ModuleDefinition, Scope } from '../module.ts';
import { applyActivation } from '../nodes/activations.ts';
import { linear } from '../nodes/linear.ts';
import { integers, op, scalar } from '../nodes/ops.ts';
import { type AttentionLayer, attendSource, attendSteps, sourceMemory } from './attention-layers.ts';
import type { DecoderNet } from './decoder.ts';
import type { StepGraph } from './step.ts';

const params = z
  .strictObject({
    decoding_dim: count,
    target_embedding_dim: count,
    feedforward_hidden_dim: count,
    num_layers: count,
    num_attention_heads: count,
    use_positional_encoding: z.boolean().default(true),
    positional_encoding_max_steps: count.default(5000),
    dropout_prob: ignored,
    residual_dropout_prob: ignored,
    attention_dropout_prob: ignored,
  })
  .refine((parsed) => parsed.decoding_dim % parsed.num_attention_heads === 0, {
    path: ['num_attention_heads'],
    message: 'must divide decoding_dim',
  });
type Params = z.infer<typeof params>;

/** What AllenNLP adds to a standard deviation before it divides. */
const TINY = 1e-13;

export const selfAttentionDecoder: ModuleDefinition<Params, DecoderNet> = {
  role: 'decoder_net',
  type: 'stacked_self_attention',
  params,
  build(scope, parsed) {
    const { decoding_dim: dim } = parsed;
    const layers = Array.from({ length: parsed.num_layers }, (_, index) => index);
    return {
      outputDim: dim,
      prepare({ vectors, mask }) {
        const memory = layers.map((layer) =>
          sourceMemory(scope, vectors, attention(scope, parsed, layer, 'src_attn')),
        );
        return {
          ...Object.assign({}, ...memory),
          'memory.mask': { value: mask, axes: ['batch', 'source'] },
        };
      },
      decode(step, words) {
        const stack = scope.at('_self_attention');
        let x = locate(scope, step, words, parsed);
        for (const layer of layers) {
          const place = stack.at(`layers.${layer}`);
          const normed = (sublayer: number) => norm(place.at(`sublayer.${sublayer}.norm`), x, dim);
          const own = attention(scope, parsed, layer, 'self_attn');
          x = op(scope, 'Add', [x, attendSteps(step, normed(0), own, step.visible)]);
          const source = attention(scope, parsed, layer, 'src_attn');
          x = op(scope, 'Add', [x, attendSource(step, normed(1), source)]);
          x = op(scope, 'Add', [x, feedForward(place.at('feed_forward'), normed(2), parsed)]);
        }
        return norm(stack.at('norm'), x, dim);
      },
    };
  },
};

/** The words, scaled, and the position of the step. */
function locate(scope: Scope, step: StepGraph, words: string, parsed: Params): string {
  const { decoding_dim: dim, positional_encoding_max_steps: steps } = parsed;
  if (parsed.target_embedding_dim !== dim) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `${scope.path}: target_embedding_dim and decoding_dim must be the same for stacked_self_attention.`,
    );
  }
  const scaled = op(scope, 'Mul', [words, scalar(scope, Math.sqrt(dim))]);
  if (!parsed.use_positional_encoding) return scaled;
  const table = scope.at('_positional_embedder').weight('positional_encoding', [1, steps, dim]);
  return op(scope, 'Add', [scaled, op(scope, 'Gather', [table, step.number], { axis: int(1) })]);
}

function attention(
  scope: Scope,
  { decoding_dim: width, num_attention_heads: heads }: Params,
  layer: number,
  name: 'self_attn' | 'src_attn',
): AttentionLayer {
  const place = scope.at(`_self_attention.layers.${layer}.${name}`);
  const order = ['query', 'key', 'value', 'output'];
  const dim = width / heads;
  return {
    layer,
    heads,
    dim,
    project(part, x) {
      const projected = linear(place.at(`linears.${order.indexOf(part)}`), x, width, width);
      return part === 'query' ? op(place, 'Mul', [projected, scalar(place, 1 / Math.sqrt(dim))]) : projected;
    },
  };
}

function feedForward(place: Scope, x: string, parsed: Params): string {
  const { decoding_dim: dim, feedforward_hidden_dim: inner } = parsed;
  const wide = applyActivation(place, 'relu', linear(place.at('w_1'), x, dim, inner));
  return linear(place.at('w_2'), wide, inner, dim);
}

/** AllenNLP's LayerNorm divides by the standard deviation plus a tiny number, not by the root of the variance plus one. */
function norm(place: Scope, x: string, dim: number): string {
  const mean = (value: string) =>
    op(place, 'ReduceMean', [value, integers(place, [-1])], { keepdims: int(1) });
  const centred = op(place, 'Sub', [x, mean(x)]);
  const deviation = op(place, 'Sqrt', [mean(op(place, 'Mul', [centred, centred]))]);
  const size = op(place, 'Add', [deviation, scalar(place, TINY)]);
  const scaled = op(place, 'Div', [op(place, 'Mul', [place.weight('gamma', [dim]), centred]), size]);
  return op(place, 'Add', [scaled, place.weight('beta', [dim])]);
}
