/** The weights of a graph that this toolchain has made, as floating-point numbers, whether they are stored as such or as int8. */
import { ToolchainError } from '../errors.ts';
import type { OnnxModel, OnnxTensor } from '../graph/onnx.ts';
import { ELEMENT, elementCount, floats, tensorBytes } from '../graph/tensor.ts';

/** Suffixes of the tensors that stand for quantised weights. */
const INTEGERS = '/s8';
const SCALES = '/scales';

/** A matrix or vector, row-major. */
export interface Weight {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

/** Weights by the names that they have in the graph before it is quantised, such as `layer.0/expand.weight`. */
export class StoredWeights {
  readonly #tensors: ReadonlyMap<string, OnnxTensor>;

  constructor({ graph }: Pick<OnnxModel, 'graph'>) {
    this.#tensors = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  }

  has(name: string): boolean {
    return this.#tensors.has(name) || this.#tensors.has(name + INTEGERS);
  }

  /**
   * Gives the values of a weight: of a quantised one the product of each integer and the scale of its column, or of its row in a table
   * that is looked up.
   *
   * @throws ToolchainError GRAPH_INVALID where the graph does not have it, or stores it in another way
   */
  get(name: string): Weight {
    const plain = this.#tensors.get(name);
    if (plain !== undefined) return { dims: plain.dims, values: floats(plain) };
    const integers = this.#tensors.get(name + INTEGERS);
    const scales = this.#tensors.get(name + SCALES);
    if (integers === undefined || scales === undefined) {
      throw new ToolchainError('GRAPH_INVALID', `The graph has no weight '${name}'.`);
    }
    return { dims: integers.dims, values: dequantise(name, integers, scales) };
  }
}

function dequantise(name: string, integers: OnnxTensor, scales: OnnxTensor): Float32Array {
  const [rows = 0, columns = 0] = integers.dims;
  const bytes = tensorBytes(integers);
  const factors = floats(scales);
  const isTable = scales.dims.length === 2;
  if (
    integers.dataType !== ELEMENT.int8 ||
    integers.dims.length !== 2 ||
    elementCount(scales.dims) !== (isTable ? rows : columns)
  ) {
    throw new ToolchainError(
      'GRAPH_INVALID',
      `The graph does not store '${name}' as one scale for each channel.`,
    );
  }
  const values = Float32Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      values[at] = (values[at] ?? 0) * (factors[isTable ? row : column] ?? 0);
    }
  }
  return values;
}
