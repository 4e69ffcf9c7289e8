/** Linear layers: Hugging Face keeps weights as [outputs, inputs], MatMul wants [inputs, outputs]. */
import type { GraphBuilder } from './builder.ts';
import { floatTensor } from './tensor.ts';
import type { Weights } from './weights.ts';

export interface Projection {
  /** Name of the layer in the checkpoint; its tensors are `<name>.weight` and `<name>.bias`. */
  readonly name: string;
  /** Names of its tensors where they are others, the first that the checkpoint has. */
  readonly tensors?: { readonly weight: readonly string[]; readonly bias: readonly string[] };
  readonly outputs: number;
  /** Multiplies weight and bias. @default 1 */
  readonly scale?: number;
  /** The first outputs, those that `scale` multiplies. @default all of them */
  readonly scaled?: number;
  /** Whether the layer has a bias. @default true */
  readonly bias?: boolean;
}

/**
 * `x` [..., inputs] times one or several projections side by side, plus their biases: [..., sum of outputs].
 * Nodes: MatMul with a constant right side, then Add where one has a bias, as the quantiser expects.
 */
export function dense(
  graph: GraphBuilder,
  weights: Weights,
  x: string,
  inputs: number,
  projections: readonly Projection[],
  name: string,
): string {
  // What config.json claims is checked against the weights before it decides on any memory.
  const layers = projections.map(({ name: layer, outputs, tensors, bias: has = true, ...more }) => ({
    rows: weights.get(weights.firstOf(tensors?.weight ?? [`${layer}.weight`]), [outputs, inputs]),
    offsets: has ? weights.get(weights.firstOf(tensors?.bias ?? [`${layer}.bias`]), [outputs]) : undefined,
    outputs,
    scaleAt: (output: number) => (output < (more.scaled ?? outputs) ? (more.scale ?? 1) : 1),
  }));
  const width = layers.reduce((sum, { outputs }) => sum + outputs, 0);
  const matrix = new Float32Array(inputs * width);
  const bias = new Float32Array(width);
  let column = 0;
  for (const { rows, offsets, outputs, scaleAt } of layers) {
    transposeInto(matrix, width, column, rows, inputs, scaleAt);
    offsets?.forEach((value, index) => {
      bias[column + index] = value * scaleAt(index);
    });
    column += outputs;
  }
  const product = graph.op(
    'MatMul',
    [x, graph.constant(floatTensor(`${name}.weight`, [inputs, width], matrix))],
    `${name}/product`,
  );
  if (layers.every(({ offsets }) => offsets === undefined)) return product;
  return graph.op('Add', [product, graph.constant(floatTensor(`${name}.bias`, [width], bias))], name);
}

/** Rows handled at a time, so that the columns written to stay in the cache. */
const BLOCK = 32;

/** Writes `source` [rows, inputs], scaled, into the columns of `target` [inputs, width] from `column` on. */
function transposeInto(
  target: Float32Array,
  width: number,
  column: number,
  source: Float32Array,
  inputs: number,
  scaleAt: (row: number) => number,
): void {
  const rows = source.length / inputs;
  for (let block = 0; block < rows; block += BLOCK) {
    const end = Math.min(block + BLOCK, rows);
    const scales = Float64Array.from({ length: end - block }, (_, row) => scaleAt(block + row));
    for (let input = 0; input < inputs; input++) {
      for (let row = block; row < end; row++) {
        target[input * width + column + row] =
          (source[row * inputs + input] ?? 0) * (scales[row - block] ?? 1);
      }
    }
  }
}
