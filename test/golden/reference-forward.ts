/**
 * BERT and its relatives in plain float64 loops, for one unpadded sequence: written from the definitions in Hugging
 * Face's modeling files of each family, and sharing no code with the graphs that it judges.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAYOUTS } from './reference-layouts.ts';

type Rows = readonly Float64Array[];
type Parameters = ReadonlyMap<string, Float64Array>;

/** What a model gives, flattened, by the role of each output. */
export type ReferenceOutputs = Readonly<Record<string, Float64Array>>;

/** The forward pass of a checkpoint folder: ids and type ids `[tokens]` to the outputs of the head. */
export function referenceForward(
  folder: string,
): (ids: readonly number[], types: readonly number[]) => ReferenceOutputs {
  const config: Record<string, unknown> = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const parameters = readParameters(join(folder, 'model.safetensors'));
  const family = String(config.model_type);
  const layout = LAYOUTS[family];
  if (!layout) throw new RangeError(family);
  const architecture = String(config.architectures);
  const isBase = architecture.endsWith('Model');
  const prefix = isBase ? '' : layout.base;
  const layers = Number(config.num_hidden_layers ?? config.n_layers);
  const heads = Number(config.num_attention_heads ?? config.n_heads);
  const epsilon = Number(config.layer_norm_eps ?? 1e-12);
  const activate = activation(String(config.hidden_act ?? config.activation));
  const at = (name: string): Float64Array => {
    const values = parameters.get(name);
    if (!values) throw new RangeError(name);
    return values;
  };
  const linear = (rows: Rows, name: string): Rows =>
    rows.map((row) => affine(row, at(`${name}.weight`), at(`${name}.bias`)));
  const norm = (rows: Rows, name: string): Rows =>
    rows.map((row) => normalise(row, at(`${name}.weight`), at(`${name}.bias`), epsilon));

  const embed = (ids: readonly number[], types: readonly number[]): Rows => {
    const tables = `${prefix}embeddings.`;
    const hiddenSize = at(`${tables}LayerNorm.weight`).length;
    const positions = layout.padding === undefined ? [...ids.keys()] : positionIds(ids, layout.padding);
    const sums = ids.map((id, token) => {
      const words = rowOf(at(`${tables}word_embeddings.weight`), id, hiddenSize);
      const place = rowOf(at(`${tables}position_embeddings.weight`), positions[token] ?? 0, hiddenSize);
      const sum = add(words, place);
      if (!layout.hasTypes) return sum;
      const type = rowOf(at(`${tables}token_type_embeddings.weight`), types[token] ?? 0, hiddenSize);
      return add(sum, type);
    });
    return norm(sums, `${tables}LayerNorm`);
  };

  const encode = (ids: readonly number[], types: readonly number[]): Rows => {
    const buckets = layout.relativeBias && at(`${prefix}${layout.relativeBias}`);
    const bias = (head: number, query: number, key: number) =>
      buckets ? (buckets[relativeBucket(key - query) * heads + head] ?? 0) : 0;
    let hidden = embed(ids, types);
    for (let layer = 0; layer < layers; layer++) {
      const name = (part: string) => `${prefix}${layout.layer}${layer}.${part}`;
      const [query, key, value] = [layout.query, layout.key, layout.value].map((part) =>
        linear(hidden, name(part)),
      );
      const context = attend(query ?? [], key ?? [], value ?? [], heads, bias);
      const attended = linear(context, name(layout.attentionOutput));
      hidden = norm(
        attended.map((row, i) => add(row, hidden[i])),
        name(layout.attentionNorm),
      );
      const expanded = linear(hidden, name(layout.intermediate)).map((row) => row.map(activate));
      const contracted = linear(expanded, name(layout.output));
      hidden = norm(
        contracted.map((row, i) => add(row, hidden[i])),
        name(layout.outputNorm),
      );
    }
    return hidden;
  };

  return (ids, types) => {
    const hidden = encode(ids, types);
    if (isBase) return { hidden_states: concatenate(hidden) };
    if (architecture.endsWith('ForTokenClassification')) {
      return { logits: concatenate(linear(hidden, 'classifier')) };
    }
    if (architecture.endsWith('ForQuestionAnswering')) {
      const both = linear(hidden, 'qa_outputs');
      const column = (index: number) => Float64Array.from(both, (row) => row[index] ?? Number.NaN);
      return { start_logits: column(0), end_logits: column(1) };
    }
    if (architecture.endsWith('ForMaskedLM')) {
      const { transform, activation: own, norm: normName, decoder, bias } = layout.languageModel;
      const turned = linear(hidden, transform).map((row) => row.map(own ? activation(own) : activate));
      const words = parameters.get(`${decoder}.weight`) ?? at(`${prefix}embeddings.word_embeddings.weight`);
      return { logits: concatenate(norm(turned, normName).map((row) => affine(row, words, at(bias)))) };
    }
    const { pool, poolActivation, classifier } = layout.sequence;
    const shape = poolActivation === 'tanh' ? Math.tanh : activation(poolActivation);
    const pooled = linear(hidden.slice(0, 1), pool).map((row) => row.map(shape));
    return { logits: concatenate(linear(pooled, classifier)) };
  };
}

/** `create_position_ids_from_input_ids`: tokens are counted from the id after the padding's. */
function positionIds(ids: readonly number[], padding: number): number[] {
  let seen = 0;
  return ids.map((id) => (id === padding ? padding : padding + ++seen));
}

/** Bucket of a distance between key and query, of 32 with 128 as the longest: MPNetEncoder.relative_position_bucket. */
function relativeBucket(relative: number): number {
  const distance = Math.abs(relative);
  const side = relative > 0 ? 16 : 0;
  if (distance < 8) return side + distance;
  // Of base 2, whole and half logarithms are exact: 8 buckets from 8 to 128, two for each doubling.
  return side + Math.min(15, 8 + Math.floor(2 * Math.log2(distance / 8)));
}

/** Scaled dot-product attention of one sequence, head by head, with `bias` added to the scores. */
function attend(
  query: Rows,
  key: Rows,
  value: Rows,
  heads: number,
  bias: (head: number, query: number, key: number) => number,
): Rows {
  const size = (query[0]?.length ?? 0) / heads;
  return query.map((row, i) => {
    const context = new Float64Array(row.length);
    for (let head = 0; head < heads; head++) {
      const from = head * size;
      const part = (of: Float64Array) => of.subarray(from, from + size);
      const scores = key.map((other, j) => dot(part(row), part(other)) / Math.sqrt(size) + bias(head, i, j));
      const highest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - highest));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const [token, weight] of weights.entries()) {
        part(value[token] ?? row).forEach((x, column) => {
          context[from + column] = (context[from + column] ?? 0) + (weight / total) * x;
        });
      }
    }
    return context;
  });
}

function activation(name: string): (x: number) => number {
  switch (name) {
    case 'gelu':
      return (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));
    case 'gelu_new':
      return (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    case 'relu':
      return (x) => Math.max(0, x);
    default:
      throw new RangeError(name);
  }
}

/** Error function by its Maclaurin series, whose terms below 6 stay small enough for float64; 1 beyond. */
function erf(x: number): number {
  if (Math.abs(x) > 4) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** `W x + b`, with W `[outputs, inputs]` in row-major order. */
function affine(x: Float64Array, weight: Float64Array, bias: Float64Array): Float64Array {
  return bias.map((offset, output) => offset + dot(x, rowOf(weight, output, x.length)));
}

function normalise(x: Float64Array, gamma: Float64Array, beta: Float64Array, epsilon: number): Float64Array {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  return x.map(
    (value, i) => ((value - mean) / Math.sqrt(variance + epsilon)) * (gamma[i] ?? 0) + (beta[i] ?? 0),
  );
}

const rowOf = (table: Float64Array, row: number, width: number) =>
  table.subarray(row * width, (row + 1) * width);
const add = (a: Float64Array, b: Float64Array = a) => a.map((value, i) => value + (b[i] ?? 0));
const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
const concatenate = (rows: Rows) => Float64Array.from(rows.flatMap((row) => [...row]));

/** Every tensor of a float32 .safetensors file. */
function readParameters(path: string): Parameters {
  const bytes = readFileSync(path);
  const dataStart = 8 + Number(bytes.readBigUInt64LE());
  const header: Record<string, { data_offsets?: [number, number] }> = JSON.parse(
    bytes.toString('utf8', 8, dataStart),
  );
  const parameters = new Map<string, Float64Array>();
  for (const [name, { data_offsets: range }] of Object.entries(header)) {
    if (!range) continue;
    const [start, end] = range;
    const read = (_: unknown, index: number) => bytes.readFloatLE(dataStart + start + 4 * index);
    parameters.set(name, Float64Array.from({ length: (end - start) / 4 }, read));
  }
  return parameters;
}
