/**
 * T5 in plain float64 loops, without cache and without padding: written from the definitions in modeling_t5.py of transformers, and
 * sharing no code with the graphs that it judges.
 */
import type { T5Json, Tensors } from './t5-checkpoint.ts';

type Rows = readonly Float64Array[];

/** The logits after each of the `decoder` ids, as PyTorch gives them where all of these are the input of the decoder. */
export function t5Forward(
  config: T5Json,
  tensors: Tensors,
): (source: readonly number[], decoder: readonly number[]) => Rows {
  const at = (name: string): Float64Array => {
    const found = tensors.get(`${name}.weight`);
    if (found === undefined) throw new RangeError(name);
    return Float64Array.from(found.values);
  };
  const linear = (rows: Rows, name: string): Rows => {
    const weight = at(name);
    return rows.map((row) => multiply(row, weight));
  };
  const norm = (rows: Rows, name: string): Rows => {
    const gain = at(name);
    return rows.map((row) => {
      const square = dot(row, row) / row.length;
      return row.map((value, i) => (value / Math.sqrt(square + config.layer_norm_epsilon)) * (gain[i] ?? 0));
    });
  };
  const embed = (ids: readonly number[]): Rows => {
    const table = at('shared');
    return ids.map((id) => table.slice(id * config.d_model, (id + 1) * config.d_model));
  };
  /** `see` gives what is added to a score, -Infinity where a key is hidden. */
  const attention = (
    x: Rows,
    states: Rows,
    name: string,
    see: (head: number, q: number, k: number) => number,
  ) => {
    const [query, key, value] = [
      linear(x, `${name}.q`),
      linear(states, `${name}.k`),
      linear(states, `${name}.v`),
    ];
    const context = query.map((row, q) => {
      const found = new Float64Array(row.length);
      for (let head = 0; head < config.num_heads; head++) {
        const [from, to] = [head * config.d_kv, (head + 1) * config.d_kv];
        const scores = key.map(
          (other, k) => dot(row.subarray(from, to), other.subarray(from, to)) + see(head, q, k),
        );
        const weights = softmax(scores);
        for (const [k, weight] of weights.entries()) {
          for (let i = from; i < to; i++) found[i] = (found[i] ?? 0) + weight * (value[k]?.[i] ?? 0);
        }
      }
      return found;
    });
    return linear(context, `${name}.o`);
  };
  const feedForward = (rows: Rows, name: string): Rows => {
    const kind = config.feed_forward_proj;
    if (!kind.startsWith('gated-')) {
      const active = linear(rows, `${name}.wi`).map((row) => row.map(kind === 'relu' ? relu : gelu));
      return linear(active, `${name}.wo`);
    }
    const gate = linear(rows, `${name}.wi_0`).map((row) => row.map(kind === 'gated-gelu' ? geluNew : silu));
    const other = linear(rows, `${name}.wi_1`);
    const both = gate.map((row, i) => row.map((value, j) => value * (other[i]?.[j] ?? 0)));
    return linear(both, `${name}.wo`);
  };
  const distances = (part: string) => {
    const table = at(`${part}.block.0.layer.0.SelfAttention.relative_attention_bias`);
    return (head: number, q: number, k: number) =>
      table[bucket(k - q, part === 'encoder', config) * config.num_heads + head] ?? 0;
  };

  return (source, decoder) => {
    let states = embed(source);
    for (let layer = 0; layer < config.num_layers; layer++) {
      const block = `encoder.block.${layer}.layer`;
      const normed = norm(states, `${block}.0.layer_norm`);
      states = sum(states, attention(normed, normed, `${block}.0.SelfAttention`, distances('encoder')));
      states = sum(states, feedForward(norm(states, `${block}.1.layer_norm`), `${block}.1.DenseReluDense`));
    }
    states = norm(states, 'encoder.final_layer_norm');
    const before = distances('decoder');
    const causal = (head: number, q: number, k: number) =>
      k > q ? Number.NEGATIVE_INFINITY : before(head, q, k);
    let x = embed(decoder);
    for (let layer = 0; layer < config.num_decoder_layers; layer++) {
      const block = `decoder.block.${layer}.layer`;
      const normed = norm(x, `${block}.0.layer_norm`);
      x = sum(x, attention(normed, normed, `${block}.0.SelfAttention`, causal));
      x = sum(
        x,
        attention(norm(x, `${block}.1.layer_norm`), states, `${block}.1.EncDecAttention`, () => 0),
      );
      x = sum(x, feedForward(norm(x, `${block}.2.layer_norm`), `${block}.2.DenseReluDense`));
    }
    const scale = config.tie_word_embeddings && config.model_type === 't5' ? config.d_model ** -0.5 : 1;
    const last = norm(x, 'decoder.final_layer_norm').map((row) => row.map((value) => value * scale));
    return linear(last, config.tie_word_embeddings ? 'shared' : 'lm_head');
  };
}

/** `_relative_position_bucket`; `relative` is the key's place minus the query's. */
function bucket(
  relative: number,
  bothWays: boolean,
  { relative_attention_num_buckets: all, relative_attention_max_distance: farthest }: T5Json,
): number {
  const count = bothWays ? all / 2 : all;
  const offset = bothWays && relative > 0 ? count : 0;
  const distance = bothWays ? Math.abs(relative) : Math.max(0, -relative);
  const exact = count / 2;
  if (distance < exact) return offset + distance;
  const far = exact + Math.floor((Math.log(distance / exact) / Math.log(farthest / exact)) * (count - exact));
  return offset + Math.min(far, count - 1);
}

const relu = (x: number) => Math.max(0, x);
const silu = (x: number) => x / (1 + Math.exp(-x));
const geluNew = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const gelu = (x: number) => 0.5 * x * (1 + erf(x / Math.SQRT2));

/** The error function by its Maclaurin series; beyond 4 it is 1 to the eighth digit. */
function erf(x: number): number {
  if (Math.abs(x) > 4) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > 1e-18; n++) {
    term *= -(x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

function softmax(scores: readonly number[]): number[] {
  const highest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - highest));
  const total = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => weight / total);
}

/** `weight` is [outputs, inputs]. */
function multiply(x: Float64Array, weight: Float64Array): Float64Array {
  const outputs = weight.length / x.length;
  return Float64Array.from({ length: outputs }, (_, output) =>
    dot(x, weight.subarray(output * x.length, (output + 1) * x.length)),
  );
}

const dot = (a: Float64Array, b: Float64Array) =>
  a.reduce((total, value, i) => total + value * (b[i] ?? 0), 0);
const sum = (a: Rows, b: Rows) => a.map((row, i) => row.map((value, j) => value + (b[i]?.[j] ?? 0)));
