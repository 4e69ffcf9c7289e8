/**
 * Parts of graphs as exporters write them for the peer (`optimum-cli export onnx`): standard operators, a product each for query, key and
 * value, nothing fused or folded. ONNX Runtime fuses what it knows when it loads them.
 */
import type { GraphBuilder } from '../../../../model-assets/toolchain/src/graph/builder.ts';
import { layerNorm } from '../../../../model-assets/toolchain/src/graph/encoder.ts';
import { int, ints } from '../../../../model-assets/toolchain/src/graph/node.ts';
import type { OnnxTensor } from '../../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT, floatTensor, int64Tensor } from '../../../../model-assets/toolchain/src/graph/tensor.ts';
import type { Weights } from '../../../../model-assets/toolchain/src/graph/weights.ts';

/** The lowest float32: what Hugging Face adds to the scores of what is hidden. */
const LOWEST = -3.4028234663852886e38;
const EPSILON = 1e-5;

interface LinearOptions {
  /** @default true */
  readonly bias?: boolean;
  /** Whether the checkpoint has the weights as [inputs, outputs]. @default false */
  readonly isTurned?: boolean;
}

/** What attention reads, [batch, heads, tokens, dim]. */
export interface AttentionInputs {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  /** Is added to the scores. */
  readonly bias: string;
}

export class PlainParts {
  readonly graph: GraphBuilder;
  readonly weights: Weights;

  constructor(graph: GraphBuilder, weights: Weights) {
    this.graph = graph;
    this.weights = weights;
  }

  integers(...values: readonly number[]): string {
    return this.#once(int64Tensor(`integers/${values}`, [values.length], values));
  }

  integer(value: number): string {
    return this.#once(int64Tensor(`integer/${value}`, [], [value]));
  }

  scalar(value: number): string {
    return this.#once(floatTensor(`scalar/${value}`, [], Float32Array.of(value)));
  }

  floats(name: string, dims: readonly number[], make: () => Float32Array): string {
    return this.graph.has(name) ? name : this.graph.constant(floatTensor(name, dims, make()));
  }

  /** A tensor of the checkpoint. */
  tensor(name: string, dims: readonly number[]): string {
    return this.floats(name, dims, () => this.weights.get(name, dims));
  }

  lookUp(table: string, indices: string, name: string): string {
    return this.graph.op('Gather', [table, indices], name, { attributes: { axis: int(0) } });
  }

  cast(x: string, to: keyof typeof ELEMENT, name: string): string {
    return this.graph.op('Cast', [x], name, { attributes: { to: int(ELEMENT[to]) } });
  }

  turn(x: string, order: readonly number[], name: string): string {
    return this.graph.op('Transpose', [x], name, { attributes: { perm: ints(order) } });
  }

  concat(values: readonly string[], axis: number, name: string): string {
    return this.graph.op('Concat', values, name, { attributes: { axis: int(axis) } });
  }

  /** The layer `from` of the checkpoint. */
  linear(
    x: string,
    from: string,
    [inputs, outputs]: readonly [number, number],
    at: string,
    { bias = true, isTurned = false }: LinearOptions = {},
  ): string {
    const { graph, weights } = this;
    const matrix = this.floats(`${from}.matrix`, [inputs, outputs], () =>
      isTurned
        ? weights.get(`${from}.weight`, [inputs, outputs])
        : turned(weights.get(`${from}.weight`, [outputs, inputs]), inputs),
    );
    const product = graph.op('MatMul', [x, matrix], `${at}/product`);
    return bias ? graph.op('Add', [product, this.tensor(`${from}.bias`, [outputs])], at) : product;
  }

  /** Scores of all words by a table that is [words, width]; its turned copy is a weight of its own, as in an export. */
  score(x: string, table: string, dims: readonly [number, number], name: string): string {
    const matrix = this.floats(`${table}.head`, [dims[1], dims[0]], () =>
      turned(this.weights.get(table, dims), dims[1]),
    );
    return this.graph.op('MatMul', [x, matrix], name);
  }

  /** [batch, tokens, heads * dim] to [batch, heads, tokens, dim]. */
  divide(x: string, heads: number, dim: number, at: string): string {
    const shaped = this.graph.op('Reshape', [x, this.integers(0, -1, heads, dim)], `${at}/heads`);
    return this.turn(shaped, [0, 2, 1, 3], `${at}/turned`);
  }

  /** softmax(query key^T + bias) value, and the heads side by side again: [batch, tokens, width]. */
  attend({ query, key, value, bias }: AttentionInputs, width: number, at: string): string {
    const { graph } = this;
    const scores = graph.op(
      'MatMul',
      [query, this.turn(key, [0, 1, 3, 2], `${at}/key/turned`)],
      `${at}/scores`,
    );
    const seen = graph.op('Add', [scores, bias], `${at}/seen`);
    const shares = graph.op('Softmax', [seen], `${at}/shares`, { attributes: { axis: int(-1) } });
    const mixed = this.turn(
      graph.op('MatMul', [shares, value], `${at}/mixed`),
      [0, 2, 1, 3],
      `${at}/together`,
    );
    return graph.op('Reshape', [mixed, this.integers(0, -1, width)], `${at}/context`);
  }

  layerNorm(x: string, from: string, hidden: number, at: string): string {
    return layerNorm(this.graph, this.weights, x, { hidden, epsilon: EPSILON }, from, at);
  }

  rmsNorm(x: string, from: string, width: number, epsilon: number, at: string): string {
    const { graph } = this;
    const squares = graph.op('Pow', [x, this.scalar(2)], `${at}/squares`);
    const mean = graph.op('ReduceMean', [squares], `${at}/mean`, { attributes: { axes: ints([-1]) } });
    const shifted = graph.op('Add', [mean, this.scalar(epsilon)], `${at}/shifted`);
    const root = graph.op('Sqrt', [shifted], `${at}/root`);
    const inverse = graph.op('Div', [this.scalar(1), root], `${at}/inverse`);
    const normed = graph.op('Mul', [x, inverse], `${at}/normed`);
    return graph.op('Mul', [this.tensor(`${from}.weight`, [width]), normed], at);
  }

  /** The lowest number where `hidden` is true, else 0. */
  biasOf(hidden: string, name: string): string {
    return this.graph.op('Where', [hidden, this.scalar(LOWEST), this.scalar(0)], name);
  }

  /** 1 for tokens, [batch, tokens], to true for padding: [batch, 1, 1, tokens]. */
  hiddenBy(mask: string, name: string): string {
    const wide = this.graph.op('Unsqueeze', [mask, this.integers(1, 2)], `${name}/wide`);
    return this.graph.op('Not', [this.cast(wide, 'bool', `${name}/bool`)], name);
  }

  /** The length of an axis, as a number without axes. */
  lengthOf(x: string, axis: number, name: string): string {
    const shape = this.graph.op('Shape', [x], `${name}/shape`);
    return this.lookUp(shape, this.integer(axis), name);
  }

  range(from: string, to: string, name: string): string {
    return this.graph.op('Range', [from, to, this.integer(1)], name);
  }

  #once(tensor: OnnxTensor): string {
    return this.graph.has(tensor.name) ? tensor.name : this.graph.constant(tensor);
  }
}

/** [rows, columns] to [columns, rows]. */
function turned(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = values[row * columns + column] ?? 0;
  }
  return result;
}
