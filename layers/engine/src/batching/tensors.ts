import type { Axis, Graph } from '@pilotlight/model-format';
import type { Encoding, Feeds, OutputRole, Outputs, Tensor, TokenResult } from '../ports.ts';

type Role = Graph['inputs'][number]['role'];

export interface Padding {
  readonly padTokenId: number;
  /** The length of a batch is rounded up to a multiple of this, up to the longest sequence that the model takes. @default 1 */
  readonly multipleOf?: number;
  /** Longest sequence that the model takes. */
  readonly maxTokens: number;
}

/**
 * The tokens that an encoding is padded to at least, alone as in any batch: its answer is the same, bit for bit, however far it is padded
 * beyond them. Near the longest sequence that the model takes they are exactly that many. See ADR-same-bits.md.
 */
export function paddedLength({ ids }: Encoding, { multipleOf = 1, maxTokens }: Padding): number {
  const whole = Math.ceil(ids.length / multipleOf) * multipleOf;
  return Math.max(ids.length, Math.min(whole, maxTokens));
}

/**
 * Makes the graph's inputs for one batch, each `[batch, tokens]` and padded at the right to the longest encoding or somewhat more.
 */
export function feedsFor(graph: Graph, encodings: readonly Encoding[], padding: Padding): Feeds {
  const { padTokenId } = padding;
  const tokens = Math.max(...encodings.map((encoding) => paddedLength(encoding, padding)));
  const feeds: Record<string, Tensor<BigInt64Array>> = {};
  for (const { name, role } of graph.inputs) {
    const tensor = new Int64Writer(encodings.length, tokens, role === 'input_ids' ? padTokenId : 0);
    for (const [row, encoding] of encodings.entries()) tensor.writeRow(row, chooseValues(role, encoding));
    feeds[name] = tensor.finish();
  }
  return feeds;
}

function chooseValues(role: Role, encoding: Encoding): readonly number[] {
  switch (role) {
    case 'input_ids':
      return encoding.ids;
    case 'token_type_ids':
      return encoding.typeIds;
    case 'attention_mask':
      return encoding.ids.map(() => 1);
  }
}

/** Writes 64-bit integers through a 32-bit view: no BigInt is made for each token. */
class Int64Writer {
  readonly #data: BigInt64Array;
  readonly #low: DataView;
  readonly #dims: readonly [number, number];

  constructor(rows: number, columns: number, fill: number) {
    this.#data = new BigInt64Array(rows * columns);
    if (fill !== 0) this.#data.fill(BigInt(fill));
    this.#low = new DataView(this.#data.buffer);
    this.#dims = [rows, columns];
  }

  writeRow(row: number, values: readonly number[]): void {
    let byte = row * this.#dims[1] * BigInt64Array.BYTES_PER_ELEMENT;
    for (const value of values) {
      this.#low.setInt32(byte, value, true);
      byte += BigInt64Array.BYTES_PER_ELEMENT;
    }
  }

  finish(): Tensor<BigInt64Array> {
    return { dims: this.#dims, data: this.#data };
  }
}

/**
 * Cuts out the result of one row of a batch. It has no batch axis, and where a `tokens` axis comes after it,
 * no padding. The data are views, not copies.
 */
export function sliceResult(graph: Graph, outputs: Outputs, row: number, encoding: Encoding): TokenResult {
  const own: { -readonly [role in OutputRole]?: Tensor } = {};
  for (const { name, role, axes } of graph.outputs) {
    const tensor = outputs[name];
    if (tensor) own[role] = sliceRow(tensor, axes, row, encoding.ids.length);
  }
  return { encoding, outputs: own };
}

function sliceRow({ dims, data }: Tensor, axes: readonly Axis[], row: number, tokens: number): Tensor {
  const [, ...inner] = dims;
  const size = inner.reduce((product, dim) => product * dim, 1);
  if (axes[1] !== 'tokens') return { dims: inner, data: data.subarray(row * size, (row + 1) * size) };
  const [padded = 1, ...rest] = inner;
  const kept = (size / padded) * tokens;
  return { dims: [tokens, ...rest], data: data.subarray(row * size, row * size + kept) };
}
