/** Products whose weights and activations have a scale for each block of inputs, by `MatMulNBits`. See ADR-int8.md. */
import { MICROSOFT } from '../../graph/builder.ts';
import { int } from '../../graph/node.ts';
import { ELEMENT, floatTensor, rawTensor } from '../../graph/tensor.ts';
import { readWeights, type Site } from './sites.ts';
import { type Limit, type Matrix, refuseUnlessFinite } from './weights.ts';
import type { Writer } from './writer.ts';

export type BlockSize = 32 | 128;

/** The operator computes with activations of 8 bits, quantised anew for each block of each row. */
const INT8_ACTIVATIONS = 4;

/** The integer that stands for zero. */
const ZERO = 128;

/** Writes products one by one; weights that several of them share are stored once. */
export class BlockWriter {
  readonly #writer: Writer;
  readonly #size: BlockSize;
  readonly #limit: Limit;
  readonly #stored = new Map<string, { values: string; scales: string; rows: number; columns: number }>();

  constructor(writer: Writer, size: BlockSize, limit: Limit) {
    this.#writer = writer;
    this.#size = size;
    this.#limit = limit;
  }

  write(site: Site): void {
    const { values, scales, rows, columns } = this.#store(site);
    const inputs = [site.activations, values, scales, ...(site.bias === undefined ? [] : ['', '', site.bias])];
    this.#writer.replace(site.node, site.node.name || site.output, (op) => {
      op('MatMulNBits', inputs, {
        domain: MICROSOFT,
        output: site.output,
        attributes: {
          K: int(rows),
          N: int(columns),
          bits: int(8),
          block_size: int(this.#size),
          accuracy_level: int(INT8_ACTIVATIONS),
        },
      });
    });
    if (site.adds !== undefined) this.#writer.remove(site.adds);
  }

  #store(site: Site) {
    const { tensor, transposed } = site.weights;
    const key = `${tensor.name}${transposed ? '/transposed' : ''}`;
    const known = this.#stored.get(key);
    if (known !== undefined) return known;
    const matrix = readWeights(site);
    const { rows, columns } = matrix;
    const { values, scales } = quantiseBlocks(matrix, this.#size, this.#limit);
    const blocks = Math.ceil(rows / this.#size);
    const stored = {
      rows,
      columns,
      values: this.#writer.constant(
        rawTensor(`${key}/u8`, ELEMENT.uint8, [columns, blocks, this.#size], values),
      ),
      scales: this.#writer.constant(floatTensor(`${key}/scales`, [columns * blocks], scales)),
    };
    this.#stored.set(key, stored);
    return stored;
  }
}

/**
 * A matrix [inputs, outputs] as [outputs, blocks, size] of integers around 128 and a step for each block, [outputs, blocks]; the last block is
 * filled up with zeros. Throws WEIGHTS_INVALID for NaN and infinities.
 */
export function quantiseBlocks(
  matrix: Matrix,
  size: number,
  limit: Limit,
): { readonly values: Uint8Array; readonly scales: Float32Array } {
  const { values: source, rows, columns } = matrix;
  const blocks = Math.ceil(rows / size);
  const values = new Uint8Array(columns * blocks * size).fill(ZERO);
  const scales = new Float32Array(columns * blocks);
  let poison = 0;
  for (let row = 0, at = 0; row < rows; row++) {
    const block = Math.floor(row / size);
    for (let column = 0; column < columns; column++, at++) {
      const weight = source[at] ?? 0;
      poison += weight * 0;
      const step = column * blocks + block;
      scales[step] = Math.max(scales[step] ?? 0, Math.abs(weight));
    }
  }
  refuseUnlessFinite(matrix, poison);
  for (const [index, peak] of scales.entries()) scales[index] = Math.fround(peak / limit) || 1;
  for (let row = 0, at = 0; row < rows; row++) {
    const block = Math.floor(row / size);
    for (let column = 0; column < columns; column++, at++) {
      const step = column * blocks + block;
      values[step * size + (row % size)] = ZERO + Math.round((source[at] ?? 0) / (scales[step] ?? 1));
    }
  }
  return { values, scales };
}
