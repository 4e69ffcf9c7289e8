/**
 * A second opinion on graphs like Llama's: the whole forward pass in float64, one text at a time, without a cache, written from the
 * papers and sharing no code with the toolchain.
 */
import type { WeightSource } from '@pilotlight/toolchain/internal/graph/weights';

/** The model, as its config.json describes it. */
export interface Float64Model {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly dim: number;
  readonly inner: number;
  readonly vocabulary: number;
  readonly epsilon: number;
  readonly tied: boolean;
  /** Radians a position, of each pair of channels that turns: the first ones. */
  readonly frequencies: readonly number[];
  /** Tokens that a layer sees, the own one among them. @default - all before it */
  readonly window?: (layer: number) => number;
}

type Matrix = readonly Float64Array[];

/** `ids` to the logits of each token. Layers have a bias, heads a norm, where the weights have them. */
export function forwardInFloat64(model: Float64Model, weights: WeightSource, ids: readonly number[]): Matrix {
  const vector = (name: string) => Float64Array.from(weights.read(name));
  const find = (name: string) => (weights.shape(name) === undefined ? undefined : vector(name));
  const linear = (x: Matrix, name: string, outputs: number): Matrix => {
    const matrix = vector(`${name}.weight`);
    const bias = find(`${name}.bias`);
    return x.map((row) =>
      Float64Array.from(
        { length: outputs },
        (_, output) => dot(row, matrix.subarray(output * row.length)) + (bias?.[output] ?? 0),
      ),
    );
  };
  const norm = (x: Matrix, name: string): Matrix => {
    const gain = vector(`${name}.weight`);
    return x.map((row) => rescale(row, gain, model.epsilon));
  };
  const table = vector('model.embed_tokens.weight');
  const rowOf = (id: number) => table.slice(id * model.hidden, (id + 1) * model.hidden);
  let x: Matrix = ids.map(rowOf);
  for (let layer = 0; layer < model.layers; layer++) {
    const at = `model.layers.${layer}`;
    const first = norm(x, `${at}.input_layernorm`);
    const project = (name: string, heads: number) =>
      linear(first, `${at}.self_attn.${name}`, heads * model.dim).map((row) => cut(row, model.dim));
    const turned = (heads: readonly Matrix[], name: string) => {
      const gain = find(`${at}.self_attn.${name}.weight`);
      return heads.map((row, place) =>
        row.map((head) => turn(gain ? rescale(head, gain, model.epsilon) : head, place, model.frequencies)),
      );
    };
    const queries = turned(project('q_proj', model.heads), 'q_norm');
    const keys = turned(project('k_proj', model.keyHeads), 'k_norm');
    const window = model.window?.(layer) ?? Number.POSITIVE_INFINITY;
    const context = attend(model, window, { queries, keys, values: project('v_proj', model.keyHeads) });
    x = add(x, linear(context, `${at}.self_attn.o_proj`, model.hidden));
    const second = norm(x, `${at}.post_attention_layernorm`);
    const gate = linear(second, `${at}.mlp.gate_proj`, model.inner);
    const up = linear(second, `${at}.mlp.up_proj`, model.inner);
    const inner = gate.map((row, token) =>
      row.map((value, channel) => (value / (1 + Math.exp(-value))) * (up[token]?.[channel] ?? 0)),
    );
    x = add(x, linear(inner, `${at}.mlp.down_proj`, model.hidden));
  }
  const head = model.tied ? 'model.embed_tokens' : 'lm_head';
  return linear(norm(x, 'model.norm'), head, model.vocabulary);
}

/** Rows of heads. */
interface Heads {
  readonly queries: readonly Matrix[];
  readonly keys: readonly Matrix[];
  readonly values: readonly Matrix[];
}

function attend(
  { heads, keyHeads, dim }: Float64Model,
  window: number,
  { queries, keys, values }: Heads,
): Matrix {
  return queries.map((query, token) => {
    const context = new Float64Array(heads * dim);
    for (let head = 0; head < heads; head++) {
      const shared = Math.floor((head * keyHeads) / heads);
      const seen = keys.flatMap((_, other) => (other <= token && token - other < window ? [other] : []));
      const scores = seen.map(
        (other) => dot(query[head] ?? [], keys[other]?.[shared] ?? []) / Math.sqrt(dim),
      );
      const largest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - largest));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      for (const [index, other] of seen.entries()) {
        values[other]?.[shared]?.forEach((value, channel) => {
          const at = head * dim + channel;
          context[at] = (context[at] ?? 0) + ((weights[index] ?? 0) / sum) * value;
        });
      }
    }
    return context;
  });
}

/** The first half of the channels against the second, by angles of position times frequency. */
function turn(head: Float64Array, place: number, frequencies: readonly number[]): Float64Array {
  const half = frequencies.length;
  return head.map((value, channel) => {
    if (channel >= 2 * half) return value;
    const pair = channel % half;
    const angle = place * (frequencies[pair] ?? 0);
    const other = head[channel < half ? channel + half : pair] ?? 0;
    return value * Math.cos(angle) + (channel < half ? -other : other) * Math.sin(angle);
  });
}

function rescale(row: Float64Array, gain: Float64Array, epsilon: number): Float64Array {
  const size = Math.sqrt(dot(row, row) / row.length + epsilon);
  return row.map((value, channel) => (value / size) * (gain[channel] ?? 0));
}

function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += (left[index] ?? 0) * (right[index] ?? 0);
  return sum;
}

function add(left: Matrix, right: Matrix): Matrix {
  return left.map((row, token) => row.map((value, channel) => value + (right[token]?.[channel] ?? 0)));
}

function cut(row: Float64Array, length: number): Float64Array[] {
  return Array.from({ length: row.length / length }, (_, part) =>
    row.subarray(part * length, (part + 1) * length),
  );
}
