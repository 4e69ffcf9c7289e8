/** GPT-2, as Hugging Face's GPT2Model computes it: layers that normalise first, and tokens that attend to those before them alone. */
import { z } from 'zod';
import { firstRows } from './bart.ts';
import type { BaseModel } from './base-model.ts';
import { type GraphBuilder, MICROSOFT } from './builder.ts';
import { activation, parseConfig, size } from './config.ts';
import { activate, attentionMask, layerNorm } from './encoder.ts';
import { float, int } from './node.ts';
import { floatTensor } from './tensor.ts';
import type { Weights } from './weights.ts';

/** What the encoder and the generator read of config.json. */
export const gpt2Config = z
  .object({
    vocab_size: size,
    n_embd: size,
    n_layer: size,
    n_head: size,
    n_positions: size,
    n_inner: size.nullable().default(null),
    activation_function: activation.default('gelu_new'),
    layer_norm_epsilon: z.number().positive().default(1e-5),
    scale_attn_weights: z.boolean().default(true),
    scale_attn_by_inverse_layer_idx: z.boolean().default(false),
    add_cross_attention: z.literal(false).default(false),
    tie_word_embeddings: z.boolean().default(true),
  })
  .refine((config) => config.n_embd % config.n_head === 0, {
    path: ['n_head'],
    message: 'must divide n_embd',
  });
export type Gpt2Config = z.infer<typeof gpt2Config>;

/** GPT2Model. Throws SOURCE_INVALID where config.json is not one of its. */
export function gpt2Base(configJson: unknown): BaseModel {
  const config = parseConfig(gpt2Config, configJson);
  const hidden = config.n_embd;
  const norm = { hidden, epsilon: config.layer_norm_epsilon };
  return {
    ...norm,
    maxTokens: config.n_positions,
    vocabulary: config.vocab_size,
    tokenTypes: 0,
    encode(graph, weights, { ids, mask }) {
      const tokens = weights.get('wte.weight', [config.vocab_size, hidden]);
      const table = graph.constant(
        floatTensor('embeddings/word.weight', [config.vocab_size, hidden], tokens),
      );
      const words = graph.op('Gather', [table, ids], 'embeddings/words');
      const positions = weights.get('wpe.weight', [config.n_positions, hidden]);
      const located = firstRows(graph, positions, [config.n_positions, hidden], ids);
      const attended = attentionMask(graph, mask);
      const states: string[] = [];
      let x = graph.op('Add', [words, located], 'embeddings');
      for (let index = 0; index < config.n_layer; index++) {
        x = gpt2Layer(graph, weights, config, x, index, (normed) =>
          attention(graph, weights, config, normed, attended, index),
        );
        const last = index === config.n_layer - 1;
        states.push(last ? layerNorm(graph, weights, x, norm, 'ln_f', 'norm') : x);
      }
      return states;
    },
  };
}

function attention(
  graph: GraphBuilder,
  weights: Weights,
  config: Gpt2Config,
  x: string,
  mask: string,
  index: number,
): string {
  const { n_embd: hidden, n_head: heads } = config;
  const at = `layer.${index}`;
  const merged = convolve(graph, weights, x, [hidden, 3 * hidden], `h.${index}.attn.c_attn`, `${at}/qkv`);
  const parts = graph.ops('Split', [merged], `${at}/qkv/split`, 3, {
    attributes: { axis: int(-1), num_outputs: int(3) },
  });
  return graph.op('MultiHeadAttention', [...parts, '', mask], `${at}/attention`, {
    domain: MICROSOFT,
    attributes: { num_heads: int(heads), scale: float(gpt2Scale(config, index)), unidirectional: int(1) },
  });
}

/** What a layer reads with its attention, `normed` [b, tokens, width], and the values of each token: [b, tokens, width]. */
type Attend = (normed: string) => string;

/** One layer, whatever its attention sees. */
export function gpt2Layer(
  graph: GraphBuilder,
  weights: Weights,
  config: Gpt2Config,
  x: string,
  index: number,
  attend: Attend,
): string {
  const [at, from] = [`layer.${index}`, `h.${index}`];
  const hidden = config.n_embd;
  const inner = config.n_inner ?? 4 * hidden;
  const norm = { hidden, epsilon: config.layer_norm_epsilon };
  const dense = (input: string, dims: readonly [number, number], name: string, output: string): string =>
    convolve(graph, weights, input, dims, `${from}.${name}`, `${at}/${output}`);
  const context = attend(layerNorm(graph, weights, x, norm, `${from}.ln_1`, `${at}/attention/norm`));
  const attended = dense(context, [hidden, hidden], 'attn.c_proj', 'attention/output');
  const residual = graph.op('Add', [attended, x], `${at}/attention/sum`);
  const second = layerNorm(graph, weights, residual, norm, `${from}.ln_2`, `${at}/norm`);
  const expanded = dense(second, [hidden, inner], 'mlp.c_fc', 'expand');
  const active = activate(graph, config.activation_function, expanded, `${at}/activation`);
  const contracted = dense(active, [inner, hidden], 'mlp.c_proj', 'contract');
  return graph.op('Add', [contracted, residual], `${at}/sum`);
}

/** What scores are multiplied with before the softmax. */
export function gpt2Scale(config: Gpt2Config, index: number): number {
  return (
    (config.scale_attn_weights ? 1 / Math.sqrt(config.n_embd / config.n_head) : 1) /
    (config.scale_attn_by_inverse_layer_idx ? index + 1 : 1)
  );
}

/** Conv1D of transformers: a linear layer whose weights are [inputs, outputs]. The `first` outputs are multiplied by `factor`. */
export function convolve(
  graph: GraphBuilder,
  weights: Weights,
  x: string,
  dims: readonly [inputs: number, outputs: number],
  from: string,
  name: string,
  scaled?: { readonly first: number; readonly factor: number },
): string {
  const [, outputs] = dims;
  const constant = (part: 'weight' | 'bias', shape: readonly number[]): string => {
    const given = weights.get(`${from}.${part}`, shape);
    const values = scaled
      ? given.map((value, at) => (at % outputs < scaled.first ? value * scaled.factor : value))
      : given;
    return graph.constant(floatTensor(`${name}.${part}`, shape, values));
  };
  const [matrix, bias] = [constant('weight', dims), constant('bias', [outputs])];
  return graph.op('Add', [graph.op('MatMul', [x, matrix], `${name}/product`), bias], name);
}
