/**
 * BERT and DistilBERT in plain float64 loops, for one unpadded sequence: written from the definitions in Hugging
 * Face's modeling_bert.py and modeling_distilbert.py, and sharing no code with the graphs that it judges.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Rows = readonly Float64Array[];
type Parameters = ReadonlyMap<string, Float64Array>;

interface Layout {
  readonly base: string;
  readonly layer: string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly intermediate: string;
  readonly output: string;
  readonly outputNorm: string;
}

const LAYOUTS: Readonly<Record<string, Layout>> = {
  bert: {
    base: 'bert.',
    layer: 'encoder.layer.',
    query: 'attention.self.query',
    key: 'attention.self.key',
    value: 'attention.self.value',
    attentionOutput: 'attention.output.dense',
    attentionNorm: 'attention.output.LayerNorm',
    intermediate: 'intermediate.dense',
    output: 'output.dense',
    outputNorm: 'output.LayerNorm',
  },
  distilbert: {
    base: 'distilbert.',
    layer: 'transformer.layer.',
    query: 'attention.q_lin',
    key: 'attention.k_lin',
    value: 'attention.v_lin',
    attentionOutput: 'attention.out_lin',
    attentionNorm: 'sa_layer_norm',
    intermediate: 'ffn.lin1',
    output: 'ffn.lin2',
    outputNorm: 'output_layer_norm',
  },
};

/** The forward pass of a checkpoint folder: ids and type ids `[tokens]` to the head's output, flattened. */
export function referenceForward(
  folder: string,
): (ids: readonly number[], types: readonly number[]) => Float64Array {
  const config: Record<string, unknown> = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const parameters = readParameters(join(folder, 'model.safetensors'));
  const family = String(config.model_type);
  const layout = LAYOUTS[family];
  if (!layout) throw new RangeError(family);
  const architecture = String(config.architectures);
  const prefix = architecture.endsWith('Model') ? '' : layout.base;
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

  return (ids, types) => {
    const tables = `${prefix}embeddings.`;
    let hidden: Rows = ids.map((id, position) => {
      const hiddenSize = at(`${tables}LayerNorm.weight`).length;
      const words = rowOf(at(`${tables}word_embeddings.weight`), id, hiddenSize);
      const positions = rowOf(at(`${tables}position_embeddings.weight`), position, hiddenSize);
      const sum = add(words, positions);
      if (family !== 'bert') return sum;
      return add(sum, rowOf(at(`${tables}token_type_embeddings.weight`), types[position] ?? 0, hiddenSize));
    });
    hidden = norm(hidden, `${tables}LayerNorm`);
    for (let layer = 0; layer < layers; layer++) {
      const name = (part: string) => `${prefix}${layout.layer}${layer}.${part}`;
      const [query, key, value] = [layout.query, layout.key, layout.value].map((part) =>
        linear(hidden, name(part)),
      );
      const context = attend(query ?? [], key ?? [], value ?? [], heads);
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
    if (architecture.endsWith('Model')) return concatenate(hidden);
    if (architecture.endsWith('ForTokenClassification')) return concatenate(linear(hidden, 'classifier'));
    const pooled =
      family === 'bert'
        ? linear(hidden.slice(0, 1), 'bert.pooler.dense').map((row) => row.map(Math.tanh))
        : linear(hidden.slice(0, 1), 'pre_classifier').map((row) => row.map((x) => Math.max(0, x)));
    return concatenate(linear(pooled, 'classifier'));
  };
}

/** Scaled dot-product attention of one sequence, head by head. */
function attend(query: Rows, key: Rows, value: Rows, heads: number): Rows {
  const size = (query[0]?.length ?? 0) / heads;
  return query.map((row) => {
    const context = new Float64Array(row.length);
    for (let head = 0; head < heads; head++) {
      const from = head * size;
      const part = (of: Float64Array) => of.subarray(from, from + size);
      const scores = key.map((other) => dot(part(row), part(other)) / Math.sqrt(size));
      const highest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - highest));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const [token, weight] of weights.entries()) {
        part(value[token] ?? row).forEach((x, i) => {
          context[from + i] = (context[from + i] ?? 0) + (weight / total) * x;
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
