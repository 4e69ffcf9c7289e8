/**
 * The transformer encoder that BERT and its relatives share, as a graph that is fast on ONNX Runtime's CPU
 * provider; the measurements behind each choice are in ADR-fast-graph.md.
 */
import { type GraphBuilder, MICROSOFT } from './builder.ts';
import { dense, type Projection } from './dense.ts';
import { float, int, string } from './node.ts';
import { ELEMENT, floatTensor, int64Tensor } from './tensor.ts';
import type { Weights } from './weights.ts';

/** Names of transformers that `activate` knows. */
export const ACTIVATIONS = [
  'gelu',
  'gelu_fast',
  'gelu_new',
  'gelu_pytorch_tanh',
  'quick_gelu',
  'relu',
  'silu',
  'swish',
  'tanh',
] as const;
export type Activation = (typeof ACTIVATIONS)[number];

export interface EncoderConfig {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly activation: Activation;
  readonly epsilon: number;
}

/** The names of the layers in a checkpoint, below the prefix of layer `index`. */
export interface LayerNames {
  layer(index: number): string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly expand: string;
  readonly contract: string;
  readonly outputNorm: string;
}

/** The inputs of attention beside queries, keys and values. */
export interface AttentionInputs {
  /** [batch, tokens] int32, 0 for padding. */
  readonly mask: string;
  /** [1, heads, tokens, tokens], added to the scores of every layer. @default - nothing is added */
  readonly bias?: string;
}

export class Encoder {
  readonly #graph: GraphBuilder;
  readonly #weights: Weights;
  readonly #config: EncoderConfig;
  readonly #names: LayerNames;

  constructor(graph: GraphBuilder, weights: Weights, config: EncoderConfig, names: LayerNames) {
    this.#graph = graph;
    this.#weights = weights;
    this.#config = config;
    this.#names = names;
  }

  /**
   * All layers: `x` [batch, tokens, hidden] to the states after each of them, [batch, tokens, hidden].
   * With `firstTokenOnly` the last layer computes the first token alone, twice: [batch, 2, hidden]. That is exact,
   * because there the other tokens matter as keys and values only. Twice, because ONNX Runtime has other kernels for
   * a product of one row, which would give a text that is alone in its batch other last bits than one that is not.
   */
  run(x: string, inputs: AttentionInputs, { firstTokenOnly }: { firstTokenOnly: boolean }): string[] {
    const states: string[] = [];
    for (let index = 0; index < this.#config.layers; index++) {
      const last = index === this.#config.layers - 1;
      states.push(this.#layer(states.at(-1) ?? x, inputs, index, firstTokenOnly && last));
    }
    return states;
  }

  #layer(x: string, inputs: AttentionInputs, index: number, firstTokenOnly: boolean): string {
    const names = this.#names;
    const checkpoint = names.layer(index);
    const at = `layer.${index}`;
    const { hidden, feedForward } = this.#config;
    const residual = firstTokenOnly ? this.#firstToken(x, 1, `${at}/first`) : x;
    const context = this.#attention(x, residual, inputs, checkpoint, `${at}/attention`);
    const attended = this.#dense(
      context,
      hidden,
      hidden,
      checkpoint + names.attentionOutput,
      `${at}/attention/output`,
    );
    const normed = this.#addNorm(
      attended,
      residual,
      checkpoint + names.attentionNorm,
      `${at}/attention/norm`,
    );
    const expanded = this.#dense(normed, hidden, feedForward, checkpoint + names.expand, `${at}/expand`);
    const activated = activate(this.#graph, this.#config.activation, expanded, `${at}/activation`);
    const contracted = this.#dense(
      activated,
      feedForward,
      hidden,
      checkpoint + names.contract,
      `${at}/contract`,
    );
    return this.#addNorm(contracted, normed, checkpoint + names.outputNorm, `${at}/norm`);
  }

  #firstToken(x: string, axis: number, name: string): string {
    const first = this.#graph.constant(int64Tensor(`${name}/index`, [2], [0, 0]));
    return this.#graph.op('Gather', [x, first], name, { attributes: { axis: int(axis) } });
  }

  /** `x` gives keys and values, `queries` the rows to compute: the same value, or its first token. */
  #attention(
    x: string,
    queries: string,
    { mask, bias }: AttentionInputs,
    checkpoint: string,
    at: string,
  ): string {
    const { hidden, heads } = this.#config;
    const projection = (name: string, scale: number) => ({ name: checkpoint + name, outputs: hidden, scale });
    const query = projection(this.#names.query, 1 / Math.sqrt(hidden / heads));
    const keyValue = [projection(this.#names.key, 1), projection(this.#names.value, 1)];
    const projected =
      queries === x
        ? this.#project(x, [query, ...keyValue], `${at}/query_key_value`)
        : [
            ...this.#project(queries, [query], `${at}/query`),
            ...this.#project(x, keyValue, `${at}/key_value`),
          ];
    const rowsOfBias = bias === undefined || queries === x ? bias : this.#firstToken(bias, 2, `${at}/bias`);
    const inputs = [...projected, '', mask, ...(rowsOfBias === undefined ? [] : [rowsOfBias])];
    return this.#graph.op('MultiHeadAttention', inputs, at, {
      domain: MICROSOFT,
      attributes: { num_heads: int(heads), scale: float(1) },
    });
  }

  /** Several projections by one product, then taken apart. */
  #project(x: string, projections: readonly Projection[], name: string): string[] {
    const merged = dense(this.#graph, this.#weights, x, this.#config.hidden, projections, name);
    if (projections.length === 1) return [merged];
    return this.#graph.ops('Split', [merged], `${name}/split`, projections.length, {
      attributes: { axis: int(-1), num_outputs: int(projections.length) },
    });
  }

  #dense(x: string, inputs: number, outputs: number, layer: string, name: string): string {
    return dense(this.#graph, this.#weights, x, inputs, [{ name: layer, outputs }], name);
  }

  #addNorm(x: string, residual: string, layer: string, name: string): string {
    return layerNorm(
      this.#graph,
      this.#weights,
      this.#graph.op('Add', [x, residual], `${name}/sum`),
      this.#config,
      layer,
      name,
    );
  }
}

export function activate(graph: GraphBuilder, activation: Activation, x: string, name: string): string {
  switch (activation) {
    case 'relu':
      return graph.op('Relu', [x], name);
    case 'gelu':
      return graph.op('Gelu', [x], name);
    case 'gelu_fast':
    case 'gelu_new':
    case 'gelu_pytorch_tanh':
      return graph.op('Gelu', [x], name, { attributes: { approximate: string('tanh') } });
    case 'silu':
    case 'swish':
      return gate(graph, 1, x, name);
    case 'quick_gelu':
      return gate(graph, 1.702, x, name);
    case 'tanh':
      return graph.op('Tanh', [x], name);
  }
}

/** x * sigmoid(alpha * x) */
function gate(graph: GraphBuilder, alpha: number, x: string, name: string): string {
  return graph.op('QuickGelu', [x], name, { domain: MICROSOFT, attributes: { alpha: float(alpha) } });
}

/** Layer normalisation of `x` over its last axis, with the weights of `layer`. */
export function layerNorm(
  graph: GraphBuilder,
  weights: Weights,
  x: string,
  { hidden, epsilon }: Pick<EncoderConfig, 'hidden' | 'epsilon'>,
  layer: string,
  name: string,
): string {
  const gamma = graph.constant(
    floatTensor(`${name}.weight`, [hidden], weights.get(`${layer}.weight`, [hidden])),
  );
  const beta = graph.constant(floatTensor(`${name}.bias`, [hidden], weights.get(`${layer}.bias`, [hidden])));
  return graph.op('LayerNormalization', [x, gamma, beta], name, {
    attributes: { axis: int(-1), epsilon: float(epsilon) },
  });
}

/** The mask that attention takes, [batch, tokens] int32, out of the int64 or bool one that callers give. */
export function attentionMask(graph: GraphBuilder, mask: string): string {
  return graph.op('Cast', [mask], 'mask', { attributes: { to: int(ELEMENT.int32) } });
}
