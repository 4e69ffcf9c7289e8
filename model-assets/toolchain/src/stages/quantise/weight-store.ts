import { floatTensor, int8Tensor } from '../../graph/tensor.ts';
import { readWeights, type Site } from './sites.ts';
import { type Limit, type QuantisedWeights, quantiseColumns, scaledRows } from './weights.ts';
import type { Writer } from './writer.ts';

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

  /**
   * `scaling` [inputs] multiplies the rows of the weights first. `offset` [inputs] is in the activations without belonging there: its own
   * product, [outputs], is what the result has too much.
   */
  store(
    site: Site,
    scaling: Float32Array | undefined,
    offset: Float32Array | undefined,
  ): StoredWeights & { readonly excess: Float32Array | undefined } {
    const { tensor, transposed } = site.weights;
    const key = `${tensor.name}${transposed ? '/transposed' : ''}`;
    const known = scaling === undefined ? this.#stored.get(key) : undefined;
    if (known !== undefined && offset === undefined) return { ...known, excess: undefined };
    const matrix = readWeights(site);
    const quantised = quantiseColumns(scaledRows(matrix, scaling), this.#limit);
    const { values, scales } = quantised;
    const excess = offset && multiplyRow(offset, quantised);
    if (known !== undefined) return { ...known, excess };
    const stored = {
      values: this.#writer.constant(int8Tensor(`${key}/s8`, [matrix.rows, matrix.columns], values)),
      scales: this.#writer.constant(floatTensor(`${key}/scales`, [scales.length], scales)),
    };
    if (scaling === undefined) this.#stored.set(key, stored);
    return { ...stored, excess };
  }
}

/** A row vector [inputs] times quantised weights: [outputs]. */
function multiplyRow(row: Float32Array, { values, scales }: QuantisedWeights): Float32Array {
  const columns = scales.length;
  const sums = new Float64Array(columns);
  for (const [index, factor] of row.entries()) {
    const start = index * columns;
    for (let column = 0; column < columns; column++)
      sums[column] = (sums[column] ?? 0) + factor * (values[start + column] ?? 0);
  }
  return Float32Array.from(sums, (sum, column) => sum * (scales[column] ?? 0));
}
