/** The decoder that Llama and its relatives share: rotary attention with grouped heads, gated feed-forward layers, root mean square norms. */
import type { DecoderFacts } from '@pilotlight/model-format';
import { dense } from '../../../graph/dense.ts';
import { type Activation, activate } from '../../../graph/encoder.ts';
import { int } from '../../../graph/node.ts';
import { type WeightSource, Weights } from '../../../graph/weights.ts';
import type { BuiltGenerator } from '../family.ts';
import { type AttentionShape, attendToPast, foldMask, queryScale, splitHeads } from './attention.ts';
import { lookUp, score, table } from './head.ts';
import { rmsNorm } from './norms.ts';
import type { RopeParameters } from './rope-config.ts';
import { rotaryFrequencies } from './rope-frequencies.ts';
import { rotate } from './rotary.ts';
import { StepGraph } from './step-graph.ts';

export interface RotaryDecoder {
  readonly hidden: number;
  readonly layers: number;
  readonly attention: AttentionShape;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly maxPositions: number;
  readonly epsilon: number;
  readonly activation: Activation;
  /** Whether the head reads the table of embeddings. */
  readonly tied: boolean;
  /** The linear layers that have a bias: queries, keys and values; what comes out of attention; the feed-forward layers. */
  readonly biases: { readonly queries: boolean; readonly output: boolean; readonly feedForward: boolean };
  /** Whether queries, keys and values are one layer of the checkpoint, and the two inner feed-forward layers another. @default false */
  readonly fused?: boolean;
  /** Whether queries and keys are normalised by head. @default false */
  readonly headNorms?: boolean;
  /** Whether what attention and feed-forward layers give is normalised, too. @default false */
  readonly outerNorms?: boolean;
  /** Is added to the weights of norms. @default 0 */
  readonly normOffset?: number;
  /** Embeddings are multiplied by it. @default 1 */
  readonly embeddingScale?: number;
  /** The logits stay below it. @default - they have no bound */
  readonly cap?: number | undefined;
  /** Tokens that layers with a window see. @default - none has one */
  readonly window?: number | undefined;
  /** Whether a layer has the window, and its rotary embedding; `kind` tells embeddings apart. */
  layer(index: number): { readonly windowed: boolean; readonly rope: RopeParameters; readonly kind: string };
}

/** Tensors that old releases saved, which are computed from config.json. */
const COMPUTED = /\.rotary_emb\.inv_freq$/;

/** Throws WEIGHTS_INVALID where a tensor does not fit. */
export function buildRotaryDecoder(
  name: string,
  model: RotaryDecoder,
  source: WeightSource,
): Omit<BuiltGenerator, 'family'> {
  const layers = Array.from({ length: model.layers }, (_, index) => model.layer(index));
  const limit = Math.min(...layers.map(({ rope }) => rope.limit ?? model.maxPositions));
  const maxPositions = Math.min(model.maxPositions, limit);
  const { window } = model;
  const hasWindow = window !== undefined && window < maxPositions && layers.some(({ windowed }) => windowed);
  const decoder: DecoderFacts = {
    layers: model.layers,
    heads: model.attention.keyHeads,
    dim: model.attention.dim,
    vocabSize: model.vocabulary,
    maxPositions,
    ...(hasWindow && { window }),
  };
  const step = new StepGraph(name, decoder);
  const weights = new Weights(source, 'model.');
  new Layers(step, weights, model, hasWindow).run(layers);
  const unused = weights.unused().filter((tensor) => !COMPUTED.test(tensor) && !isHead(tensor, model));
  return { step: step.finish(), decoder, notes: describeLimit(maxPositions, model), unused };
}

/** The head of a tied model may stand in the checkpoint once more. */
function isHead(tensor: string, { tied }: RotaryDecoder): boolean {
  return tied && tensor === 'lm_head.weight';
}

function describeLimit(maxPositions: number, model: RotaryDecoder): readonly string[] {
  if (maxPositions === model.maxPositions) return [];
  return [
    `sequences have at most ${maxPositions} of ${model.maxPositions} tokens: longer ones would have other rotary embeddings from their first token on`,
  ];
}

class Layers {
  readonly #step: StepGraph;
  readonly #weights: Weights;
  readonly #model: RotaryDecoder;
  readonly #hasWindow: boolean;

  constructor(step: StepGraph, weights: Weights, model: RotaryDecoder, hasWindow: boolean) {
    this.#step = step;
    this.#weights = weights;
    this.#model = model;
    this.#hasWindow = hasWindow;
  }

  /** From the tokens to `logits`. */
  run(layers: readonly ReturnType<RotaryDecoder['layer']>[]): void {
    const { vocabulary, hidden, tied, embeddingScale = 1, cap } = this.#model;
    const step = this.#step;
    const { graph } = step;
    const dims = [vocabulary, hidden] as const;
    const words = table(graph, this.#weights, 'embed_tokens.weight', dims, 'embeddings.weight');
    const found = lookUp(graph, words, step.ids, 'embeddings');
    let x =
      embeddingScale === 1
        ? found
        : graph.op('Mul', [found, step.scalar(embeddingScale)], 'embeddings/scaled');
    for (const [index, layer] of layers.entries()) x = this.#layer(x, index, layer);
    const last = this.#norm(step.chooseRows(x, hidden), 'norm', 'norm');
    const head = tied ? words : table(graph, this.#weights, 'lm_head.weight', dims, 'head.weight');
    if (cap === undefined) {
      score(graph, last, head, 'logits');
      return;
    }
    const bounded = graph.op(
      'Div',
      [score(graph, last, head, 'head/scores'), step.scalar(cap)],
      'head/shrunk',
    );
    graph.op('Mul', [graph.op('Tanh', [bounded], 'head/tanh'), step.scalar(cap)], 'logits');
  }

  #layer(x: string, index: number, layer: ReturnType<RotaryDecoder['layer']>): string {
    const from = `layers.${index}`;
    const at = `layer.${index}`;
    const { outerNorms = false } = this.#model;
    const { graph } = this.#step;
    const first = this.#norm(x, `${from}.input_layernorm`, `${at}/attention/norm`);
    const context = this.#attention(first, index, layer);
    const attended = outerNorms
      ? this.#norm(context, `${from}.post_attention_layernorm`, `${at}/attention/outer_norm`)
      : context;
    const residual = graph.op('Add', [x, attended], `${at}/attention/sum`);
    const before = outerNorms ? 'pre_feedforward_layernorm' : 'post_attention_layernorm';
    const second = this.#norm(residual, `${from}.${before}`, `${at}/norm`);
    const expanded = this.#feedForward(second, `${from}.mlp`, at);
    const contracted = outerNorms
      ? this.#norm(expanded, `${from}.post_feedforward_layernorm`, `${at}/outer_norm`)
      : expanded;
    return graph.op('Add', [residual, contracted], at);
  }

  #attention(x: string, index: number, layer: ReturnType<RotaryDecoder['layer']>): string {
    const from = `layers.${index}.self_attn`;
    const at = `layer.${index}/attention`;
    const step = this.#step;
    const { hidden, attention, biases, fused = false, headNorms = false } = this.#model;
    const { heads, keyHeads, dim } = attention;
    const linear = (name: string, outputs: number) => ({
      name: `${from}.${name}`,
      outputs,
      bias: biases.queries,
    });
    // Where queries are normalised by head, the norm scales them.
    const [scale, normScale] = headNorms ? [1, queryScale(attention)] : [queryScale(attention), 1];
    const projections = fused
      ? [{ ...linear('qkv_proj', (heads + 2 * keyHeads) * dim), scale, scaled: heads * dim }]
      : [
          { ...linear('q_proj', heads * dim), scale },
          linear('k_proj', keyHeads * dim),
          linear('v_proj', keyHeads * dim),
        ];
    const merged = dense(step.graph, this.#weights, x, hidden, projections, `${at}/query_key_value`);
    const value = step.newEntry(index, 'value');
    const [queries = '', keys = ''] = splitHeads(
      step,
      merged,
      [
        { name: `${at}/query/plain`, heads },
        { name: `${at}/key/plain`, heads: keyHeads },
        { name: value, heads: keyHeads },
      ],
      dim,
      `${at}/query_key_value`,
    );
    const frequencies = rotaryFrequencies(layer.rope, dim);
    const turn = (plain: string, count: number, norm: string, name: string, factor = 1): string => {
      const normed = headNorms ? this.#norm(plain, `${from}.${norm}`, `${name}/norm`, dim, factor) : plain;
      return rotate(step, normed, { frequencies, kind: layer.kind, heads: count }, name);
    };
    const query = turn(queries, heads, 'q_norm', `${at}/query`, normScale);
    const key = turn(keys, keyHeads, 'k_norm', step.newEntry(index, 'key'));
    const mask = foldMask(step, step.mask({ windowed: this.#hasWindow && layer.windowed }), attention);
    const context = attendToPast(step, index, { query, key, value, mask }, attention, at);
    const output = { name: `${from}.o_proj`, outputs: hidden, bias: biases.output };
    return dense(step.graph, this.#weights, context, heads * dim, [output], `${at}/output`);
  }

  #feedForward(x: string, from: string, at: string): string {
    const { hidden, feedForward, activation, biases, fused = false } = this.#model;
    const { graph } = this.#step;
    const bias = biases.feedForward;
    const expanding = fused
      ? [{ name: `${from}.gate_up_proj`, outputs: 2 * feedForward, bias }]
      : [
          { name: `${from}.gate_proj`, outputs: feedForward, bias },
          { name: `${from}.up_proj`, outputs: feedForward, bias },
        ];
    const both = dense(graph, this.#weights, x, hidden, expanding, `${at}/expand`);
    const [gate = '', up = ''] = graph.ops('Split', [both], `${at}/expand/parts`, 2, {
      attributes: { axis: int(-1), num_outputs: int(2) },
    });
    const open = activate(graph, activation, gate, `${at}/gate`);
    const gated = graph.op('Mul', [open, up], `${at}/gated`);
    const contracting = { name: `${from}.down_proj`, outputs: hidden, bias };
    return dense(graph, this.#weights, gated, feedForward, [contracting], `${at}/contract`);
  }

  #norm(x: string, from: string, at: string, width = this.#model.hidden, scale = 1): string {
    const { epsilon, normOffset } = this.#model;
    const norm = { weight: `${from}.weight`, width, epsilon, offset: normOffset, scale };
    return rmsNorm(this.#step.graph, this.#weights, x, norm, at);
  }
}
