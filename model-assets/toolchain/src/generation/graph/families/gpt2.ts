/** GPT-2: learned positions, layers that normalise first, weights as [inputs, outputs]. */
import { z } from 'zod';
import { activation, parseConfig, size } from '../../../graph/config.ts';
import { activate, layerNorm } from '../../../graph/encoder.ts';
import { floatTensor } from '../../../graph/tensor.ts';
import { Weights } from '../../../graph/weights.ts';
import type { GenerationFamily } from '../family.ts';
import { attendToPast, splitHeads } from '../step/attention.ts';
import { lookUp, score, table } from '../step/head.ts';
import { StepGraph } from '../step/step-graph.ts';

const configSchema = z
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
type Config = z.infer<typeof configSchema>;

/** Masks that old releases saved, and the head, which is the table of embeddings once more. */
const NOT_READ = /\.attn\.(bias|masked_bias)$|^lm_head\.weight$/;

export const gpt2: GenerationFamily = {
  modelType: 'gpt2',
  classes: ['GPT2LMHeadModel'],
  build(configJson, source) {
    const config = parseConfig(configSchema, configJson);
    const { n_embd: hidden, n_head: heads } = config;
    const decoder = {
      layers: config.n_layer,
      heads,
      dim: hidden / heads,
      vocabSize: config.vocab_size,
      maxPositions: config.n_positions,
    };
    const step = new StepGraph('gpt2', decoder);
    const weights = new Weights(source, 'transformer.');
    const { graph } = step;
    const words = table(graph, weights, 'wte.weight', [config.vocab_size, hidden], 'embeddings.weight');
    const places = table(graph, weights, 'wpe.weight', [config.n_positions, hidden], 'positions.weight');
    const found = lookUp(graph, words, step.ids, 'embeddings/words');
    const located = lookUp(graph, places, step.positions, 'embeddings/positions');
    let x = graph.op('Add', [found, located], 'embeddings');
    for (let index = 0; index < config.n_layer; index++) x = layer(step, weights, config, x, index);
    const rows = step.chooseRows(x, hidden);
    const norm = { hidden, epsilon: config.layer_norm_epsilon };
    const last = layerNorm(graph, weights, rows, norm, 'ln_f', 'norm');
    const dims = [config.vocab_size, hidden] as const;
    const head = config.tie_word_embeddings
      ? words
      : table(graph, weights, 'lm_head.weight', dims, 'head.weight');
    score(graph, last, head, 'logits');
    const unused = weights.unused().filter((tensor) => !NOT_READ.test(tensor));
    return { step: step.finish(), decoder, notes: [], unused };
  },
};

function layer(step: StepGraph, weights: Weights, config: Config, x: string, index: number): string {
  const { graph } = step;
  const { n_embd: hidden, n_inner: inner } = config;
  const [at, from] = [`layer.${index}`, `h.${index}`];
  const wide = inner ?? 4 * hidden;
  const norm = { hidden, epsilon: config.layer_norm_epsilon };
  const first = layerNorm(graph, weights, x, norm, `${from}.ln_1`, `${at}/attention/norm`);
  const context = attention(step, weights, config, first, index);
  const attended = convolve(
    step,
    weights,
    context,
    [hidden, hidden],
    `${from}.attn.c_proj`,
    `${at}/attention/output`,
  );
  const residual = graph.op('Add', [attended, x], `${at}/attention/sum`);
  const second = layerNorm(graph, weights, residual, norm, `${from}.ln_2`, `${at}/norm`);
  const expanded = convolve(step, weights, second, [hidden, wide], `${from}.mlp.c_fc`, `${at}/expand`);
  const active = activate(graph, config.activation_function, expanded, `${at}/activation`);
  const contracted = convolve(step, weights, active, [wide, hidden], `${from}.mlp.c_proj`, `${at}/contract`);
  return graph.op('Add', [contracted, residual], at);
}

function attention(step: StepGraph, weights: Weights, config: Config, x: string, index: number): string {
  const { n_embd: hidden, n_head: heads } = config;
  const at = `layer.${index}/attention`;
  const dims = [hidden, 3 * hidden] as const;
  const merged = convolve(step, weights, x, dims, `h.${index}.attn.c_attn`, `${at}/query_key_value`);
  const names = [`${at}/query`, step.newEntry(index, 'key'), step.newEntry(index, 'value')];
  const parts = names.map((name) => ({ name, heads }));
  const dim = hidden / heads;
  const [query = '', key = '', value = ''] = splitHeads(step, merged, parts, dim, `${at}/query_key_value`);
  const scale =
    (config.scale_attn_weights ? 1 / Math.sqrt(dim) : 1) /
    (config.scale_attn_by_inverse_layer_idx ? index + 1 : 1);
  const inputs = { query, key, value, mask: step.mask({ windowed: false }) };
  return attendToPast(step, index, inputs, { heads, keyHeads: heads, dim, scale }, at);
}

/** Conv1D of transformers: a linear layer whose weights are [inputs, outputs]. */
function convolve(
  { graph }: StepGraph,
  weights: Weights,
  x: string,
  dims: readonly [inputs: number, outputs: number],
  from: string,
  name: string,
): string {
  const matrix = graph.constant(floatTensor(`${name}.weight`, dims, weights.get(`${from}.weight`, dims)));
  const bias = graph.constant(floatTensor(`${name}.bias`, [dims[1]], weights.get(`${from}.bias`, [dims[1]])));
  return graph.op('Add', [graph.op('MatMul', [x, matrix], `${name}/product`), bias], name);
}
