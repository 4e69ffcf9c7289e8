/** OPT: learned positions behind two unused rows, word embeddings that may be narrower than the model, norms before or behind each part. */
import { z } from 'zod';
import { activation, parseConfig, size } from '../../../graph/config.ts';
import { dense } from '../../../graph/dense.ts';
import { activate } from '../../../graph/encoder.ts';
import { float, int } from '../../../graph/node.ts';
import { floatTensor } from '../../../graph/tensor.ts';
import { type WeightSource, Weights } from '../../../graph/weights.ts';
import type { GenerationFamily } from '../family.ts';
import { attendToPast, queryScale, splitHeads } from '../step/attention.ts';
import { lookUp, score, table } from '../step/head.ts';
import { StepGraph } from '../step/step-graph.ts';

const configSchema = z
  .object({
    vocab_size: size,
    hidden_size: size,
    num_hidden_layers: size,
    num_attention_heads: size,
    ffn_dim: size,
    max_position_embeddings: size,
    activation_function: activation.default('relu'),
    do_layer_norm_before: z.boolean().default(true),
    _remove_final_layer_norm: z.boolean().default(false),
    word_embed_proj_dim: size.nullish(),
    enable_bias: z.boolean().default(true),
    layer_norm_elementwise_affine: z.boolean().default(true),
    tie_word_embeddings: z.boolean().default(true),
  })
  .refine((config) => config.hidden_size % config.num_attention_heads === 0, {
    path: ['num_attention_heads'],
    message: 'must divide hidden_size',
  });
type Config = z.infer<typeof configSchema>;

/** The first row of the table of positions that a token has. */
const FIRST_POSITION = 2;

/** PyTorch's default, which OPT does not change. */
const EPSILON = 1e-5;

export const opt: GenerationFamily = {
  modelType: 'opt',
  classes: ['OPTForCausalLM'],
  build(configJson, source) {
    const config = parseConfig(configSchema, configJson);
    const { hidden_size: hidden, num_attention_heads: heads } = config;
    const decoder = {
      layers: config.num_hidden_layers,
      heads,
      dim: hidden / heads,
      vocabSize: config.vocab_size,
      maxPositions: config.max_position_embeddings,
    };
    const step = new StepGraph('opt', decoder);
    const weights = new Weights(source, prefixOf(source));
    new Layers(step, weights, config).run();
    const unused = weights.unused().filter((tensor) => tensor !== 'lm_head.weight');
    return { step: step.finish(), decoder, notes: [], unused };
  },
};

/** Checkpoints of the first releases lack `model.`. */
function prefixOf(source: WeightSource): string {
  const [now = '', before = ''] = ['model.decoder.', 'decoder.'];
  return source.shape(`${before}embed_tokens.weight`) === undefined ? now : before;
}

class Layers {
  readonly #step: StepGraph;
  readonly #weights: Weights;
  readonly #config: Config;

  constructor(step: StepGraph, weights: Weights, config: Config) {
    this.#step = step;
    this.#weights = weights;
    this.#config = config;
  }

  /** From the tokens to `logits`. */
  run(): void {
    const step = this.#step;
    const { graph } = step;
    const { vocab_size: vocabulary, hidden_size: hidden, word_embed_proj_dim, ...config } = this.#config;
    const width = word_embed_proj_dim ?? hidden;
    const dims = [vocabulary, width] as const;
    const words = table(graph, this.#weights, 'embed_tokens.weight', dims, 'embeddings.weight');
    const found = lookUp(graph, words, step.ids, 'embeddings/words');
    const wide = width === hidden ? found : this.#project(found, width, hidden, 'project_in');
    let x = graph.op('Add', [wide, this.#positions()], 'embeddings');
    for (let index = 0; index < config.num_hidden_layers; index++) x = this.#layer(x, index);
    const rows = step.chooseRows(x, hidden);
    const isNormed = config.do_layer_norm_before && !config._remove_final_layer_norm;
    const normed = isNormed ? this.#norm(rows, 'final_layer_norm', 'norm') : rows;
    const narrow = width === hidden ? normed : this.#project(normed, hidden, width, 'project_out');
    const head = config.tie_word_embeddings
      ? words
      : table(graph, this.#weights, 'lm_head.weight', dims, 'head.weight');
    score(graph, narrow, head, 'logits');
  }

  #positions(): string {
    const { graph, positions } = this.#step;
    const { max_position_embeddings: count, hidden_size: hidden } = this.#config;
    const rows = this.#weights.get('embed_positions.weight', [count + FIRST_POSITION, hidden]);
    const own = rows.subarray(FIRST_POSITION * hidden);
    const places = graph.constant(floatTensor('positions.weight', [count, hidden], own));
    return lookUp(graph, places, positions, 'embeddings/positions');
  }

  #project(x: string, inputs: number, outputs: number, name: string): string {
    return dense(this.#step.graph, this.#weights, x, inputs, [{ name, outputs, bias: false }], name);
  }

  #layer(x: string, index: number): string {
    const { graph } = this.#step;
    const { hidden_size: hidden, ffn_dim: inner, do_layer_norm_before: isFirst } = this.#config;
    const [at, from] = [`layer.${index}`, `layers.${index}`];
    const norm = (value: string, layer: string, name: string) => this.#norm(value, `${from}.${layer}`, name);
    const before = isFirst ? norm(x, 'self_attn_layer_norm', `${at}/attention/norm`) : x;
    const attended = this.#attention(before, index);
    const sum = graph.op('Add', [x, attended], `${at}/attention/sum`);
    const residual = isFirst ? sum : norm(sum, 'self_attn_layer_norm', `${at}/attention/norm`);
    const input = isFirst ? norm(residual, 'final_layer_norm', `${at}/norm`) : residual;
    const expanded = this.#dense(input, hidden, inner, `${from}.fc1`, `${at}/expand`);
    const active = activate(graph, this.#config.activation_function, expanded, `${at}/activation`);
    const contracted = this.#dense(active, inner, hidden, `${from}.fc2`, `${at}/contract`);
    const output = graph.op('Add', [residual, contracted], at);
    return isFirst ? output : norm(output, 'final_layer_norm', `${at}/norm`);
  }

  #attention(x: string, index: number): string {
    const step = this.#step;
    const { hidden_size: hidden, num_attention_heads: heads, enable_bias: bias } = this.#config;
    const at = `layer.${index}/attention`;
    const from = `layers.${index}.self_attn`;
    const dim = hidden / heads;
    const shape = { heads, keyHeads: heads, dim, scale: dim ** -0.5 };
    const linear = (name: string) => ({ name: `${from}.${name}`, outputs: hidden, bias });
    const layers = [{ ...linear('q_proj'), scale: queryScale(shape) }, linear('k_proj'), linear('v_proj')];
    const merged = dense(step.graph, this.#weights, x, hidden, layers, `${at}/query_key_value`);
    const names = [`${at}/query`, step.newEntry(index, 'key'), step.newEntry(index, 'value')];
    const parts = names.map((name) => ({ name, heads }));
    const [query = '', key = '', value = ''] = splitHeads(step, merged, parts, dim, `${at}/query_key_value`);
    const inputs = { query, key, value, mask: step.mask({ windowed: false }) };
    const context = attendToPast(step, index, inputs, shape, at);
    return this.#dense(context, hidden, hidden, `${from}.out_proj`, `${at}/output`);
  }

  #dense(x: string, inputs: number, outputs: number, layer: string, name: string): string {
    const projection = { name: layer, outputs, bias: this.#config.enable_bias };
    return dense(this.#step.graph, this.#weights, x, inputs, [projection], name);
  }

  /** Where norms have no weights, they neither stretch nor move. */
  #norm(x: string, from: string, name: string): string {
    const { graph } = this.#step;
    const { hidden_size: hidden, layer_norm_elementwise_affine: hasWeights } = this.#config;
    const values = (part: 'weight' | 'bias') =>
      hasWeights
        ? this.#weights.get(`${from}.${part}`, [hidden])
        : new Float32Array(hidden).fill(part === 'weight' ? 1 : 0);
    const [gain, shift] = (['weight', 'bias'] as const).map((part) =>
      graph.constant(floatTensor(`${name}.${part}`, [hidden], values(part))),
    );
    return graph.op('LayerNormalization', [x, gain ?? '', shift ?? ''], name, {
      attributes: { axis: int(-1), epsilon: float(EPSILON) },
    });
  }
}
