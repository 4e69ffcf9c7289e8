/** The layers of BART and its relatives, with the names that they have in a checkpoint; encoder and decoder have them in common. */
import { LENGTH_MULTIPLE } from '@pilotlight/engine/internal/runtimes/generation/graphs';
import { dense } from '../../../graph/dense.ts';
import { activate, layerNorm } from '../../../graph/encoder.ts';
import { floatTensor } from '../../../graph/tensor.ts';
import type { AttentionLayers, Building } from '../seq2seq/attention-layers.ts';
import { sinusoids } from '../seq2seq/sinusoids.ts';
import { lookUp } from '../step/head.ts';
import type { BartConfig, BartPart } from './bart-config.ts';

/** Where the families differ; none of it is in config.json. */
export interface BartLayout {
  readonly name: string;
  /** Whether a part of a layer normalises what it reads, and not its sum with it. */
  readonly normalisesFirst: boolean;
  /** Whether the sum of words and positions is normalised. */
  readonly normalisesEmbeddings: boolean;
  /** Whether the states after the last layer are normalised. */
  readonly normalisesLast: boolean;
  /** Tables that were learned, whose first two rows are no positions, or sines and cosines, which a checkpoint need not have. */
  readonly positions: 'learned' | 'sinusoids';
}

/** Fixed in the code of all of them. */
const EPSILON = 1e-5;
/** Rows of a learned table before that of the first position. */
const FIRST_POSITION = 2;

export class BartLayers {
  readonly #building: Building;
  readonly #config: BartConfig;
  readonly #layout: BartLayout;
  readonly #part: BartPart;

  constructor(building: Building, config: BartConfig, layout: BartLayout, part: BartPart) {
    this.#building = building;
    this.#config = config;
    this.#layout = layout;
    this.#part = part;
  }

  /** Rows of `words`, a table, by `ids` [b, tokens], and where they are, `located` [.., tokens, width]: [b, tokens, width]. */
  embed(words: string, ids: string, located: string): string {
    const { graph } = this.#building;
    const { wordScale } = this.#config;
    const found = lookUp(graph, words, ids, 'words');
    const factor = () => graph.constant(floatTensor('words/scale', [], Float32Array.of(wordScale)));
    const scaled = wordScale === 1 ? found : graph.op('Mul', [found, factor()], 'words/scaled');
    const sum = graph.op('Add', [scaled, located], 'embeddings/sum');
    return this.#layout.normalisesEmbeddings ? this.#norm(sum, 'layernorm_embedding', 'embeddings') : sum;
  }

  /** The rows of all positions, and of padding after them: [positions, width]. */
  readPositions(): { readonly rows: Float32Array; readonly count: number } {
    const { positions, width } = this.#config;
    const count = Math.ceil(positions / LENGTH_MULTIPLE) * LENGTH_MULTIPLE;
    const rows = new Float32Array(count * width);
    rows.set(this.#positions());
    return { rows, count };
  }

  #positions(): Float32Array {
    const { weights } = this.#building;
    const { positions, width } = this.#config;
    const name = `${this.#part.part}.embed_positions.weight`;
    if (this.#layout.positions === 'learned')
      return weights.get(name, [positions + FIRST_POSITION, width]).subarray(FIRST_POSITION * width);
    return weights.has(name) ? weights.get(name, [positions, width]) : sinusoids(positions, width);
  }

  /** One attention of a layer: `self_attn` or `encoder_attn`. */
  attention(index: number, name: 'self_attn' | 'encoder_attn'): AttentionLayers {
    return attentionLayers(this.#config, this.#part, index, name);
  }

  /** `x` and what `work`, a part of layer `index`, makes of it; `norm` is the norm of that part. */
  residual(
    x: string,
    index: number,
    norm: string,
    at: string,
    work: (x: string, at: string) => string,
  ): string {
    const { graph } = this.#building;
    const name = `${this.#part.part}.layers.${index}.${norm}`;
    const read = this.#layout.normalisesFirst ? this.#normOf(x, name, `${at}/norm`) : x;
    const sum = graph.op('Add', [x, work(read, at)], `${at}/sum`);
    return this.#layout.normalisesFirst ? sum : this.#normOf(sum, name, `${at}/norm`);
  }

  /** The last part of layer `index`. */
  feedForward(x: string, index: number, at: string): string {
    const { graph, weights } = this.#building;
    const { width, activation } = this.#config;
    const { part, feedForward: inner } = this.#part;
    const layer = (name: string, outputs: number) => ({ name: `${part}.layers.${index}.${name}`, outputs });
    return this.residual(x, index, 'final_layer_norm', at, (read) => {
      const wide = dense(graph, weights, read, width, [layer('fc1', inner)], `${at}/expand`);
      const active = activate(graph, activation, wide, `${at}/activation`);
      return dense(graph, weights, active, inner, [layer('fc2', width)], `${at}/contract`);
    });
  }

  /** The states after the last layer, as they leave. */
  finish(x: string, name: string): string {
    return this.#layout.normalisesLast ? this.#norm(x, 'layer_norm', name) : x;
  }

  #norm(x: string, norm: string, name: string): string {
    return this.#normOf(x, `${this.#part.part}.${norm}`, name);
  }

  #normOf(x: string, layer: string, name: string): string {
    const { graph, weights } = this.#building;
    return layerNorm(graph, weights, x, { hidden: this.#config.width, epsilon: EPSILON }, layer, name);
  }
}

export function attentionLayers(
  { width }: BartConfig,
  { part, heads }: BartPart,
  index: number,
  name: 'self_attn' | 'encoder_attn',
): AttentionLayers {
  const at = `${part}.layers.${index}.${name}`;
  const dim = width / heads;
  return {
    query: `${at}.q_proj`,
    key: `${at}.k_proj`,
    value: `${at}.v_proj`,
    output: `${at}.out_proj`,
    bias: true,
    heads,
    dim,
    width,
    scale: 1 / Math.sqrt(dim),
  };
}
