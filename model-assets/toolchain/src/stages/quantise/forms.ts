/** The nodes that a product with int8 weights is computed by. See ADR-int8.md. */
import { MICROSOFT } from '../../graph/builder.ts';
import { int, ints } from '../../graph/node.ts';
import type { OnnxTensor } from '../../graph/onnx.ts';
import { ELEMENT, floatTensor, int8Tensor, rawTensor } from '../../graph/tensor.ts';
import type { Range } from './search.ts';
import { readWeights, type Site } from './sites.ts';
import { type Limit, quantiseColumns, scaledRows } from './weights.ts';
import type { Op, Writer } from './writer.ts';

/** The integers of the weights of a product, and the step of each column, by their names in the graph. */
export interface StoredWeights {
  readonly values: string;
  readonly scales: string;
}

/** Stores weights as int8 by column; those that several products share are stored once. */
export class WeightStore {
  readonly #writer: Writer;
  readonly #limit: Limit;
  readonly #stored = new Map<string, StoredWeights>();

  constructor(writer: Writer, limit: Limit) {
    this.#writer = writer;
    this.#limit = limit;
  }

  /** `scaling` [inputs] multiplies the rows of the weights first. */
  store(site: Site, scaling: Float32Array | undefined): StoredWeights {
    const { tensor, transposed } = site.weights;
    const key = `${tensor.name}${transposed ? '/transposed' : ''}`;
    const known = scaling === undefined ? this.#stored.get(key) : undefined;
    if (known !== undefined) return known;
    const matrix = readWeights(site);
    const { values, scales } = quantiseColumns(scaledRows(matrix, scaling), this.#limit);
    const stored = {
      values: this.#writer.constant(int8Tensor(`${key}/s8`, [matrix.rows, matrix.columns], values)),
      scales: this.#writer.constant(floatTensor(`${key}/scales`, [scales.length], scales)),
    };
    if (scaling === undefined) this.#stored.set(key, stored);
    return stored;
  }
}

/** Constants that all products of a graph share. */
export class SharedConstants {
  readonly #writer: Writer;
  readonly #names = new Map<string, string>();

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  get(tensor: OnnxTensor): string {
    const name = this.#names.get(tensor.name) ?? this.#writer.constant(tensor);
    this.#names.set(tensor.name, name);
    return name;
  }
}

export function scalar(name: string, value: number): OnnxTensor {
  return floatTensor(name, [], Float32Array.of(value));
}

export function byte(name: string, value: number): OnnxTensor {
  return rawTensor(name, ELEMENT.uint8, [], Uint8Array.of(value));
}

/** Activations that several products read, quantised by `Mul` and `QuantizeLinear` with constants. */
export interface QuantisedActivations extends Record<'values' | 'scale' | 'zero', string> {}

export function writeStaticActivations(
  op: Op,
  writer: Writer,
  activations: string,
  { scale, zero }: Range,
  multiplier: Float32Array | undefined,
): QuantisedActivations {
  const constants = {
    scale: writer.constant(scalar(`${activations}/scale`, scale)),
    zero: writer.constant(byte(`${activations}/zero`, zero)),
  };
  const multiplied =
    multiplier === undefined
      ? activations
      : op('Mul', [
          activations,
          writer.constant(floatTensor(`${activations}/equaliser`, [multiplier.length], multiplier)),
        ]);
  return { ...constants, values: op('QuantizeLinear', [multiplied, constants.scale, constants.zero]) };
}

/**
 *     output[.., n] = (sum over k of (a[.., k] - zero) * w[k, n]) * (aScale * wScale[n]) + bias[n]
 */
export function writeIntegerProduct(
  op: Op,
  { values, scale, zero }: QuantisedActivations,
  weights: StoredWeights,
  bias: string | undefined,
  output?: string,
): string {
  const inputs = [values, weights.values, scale, weights.scales, zero, ...(bias === undefined ? [] : ['', bias])];
  return op('MatMulIntegerToFloat', inputs, { domain: MICROSOFT, ...(output !== undefined && { output }) });
}

export const LAST_AXIS = { axes: ints([-1]), keepdims: int(1) } as const;
