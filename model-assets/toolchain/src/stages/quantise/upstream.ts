/**
 * Finds where the channels of a value come from, so that they can be divided there, once and for all, in place of a multiplication at
 * each run: columns of a product whose result reaches the value through nothing but ReLU, a gate and attention, or a normalisation.
 */
import { findAttribute, intAttribute } from '../../graph/node.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../graph/onnx.ts';
import { ELEMENT, floats, viewBytes } from '../../graph/tensor.ts';
import { Constants } from './constants.ts';
import { findProduct } from './products.ts';
import { countReaders } from './sites.ts';

/** By the mean and the deviation, or by the root of the mean square. */
const NORMALISATIONS: ReadonlySet<string> = new Set(['LayerNormalization', 'SimplifiedLayerNormalization']);

/** Constants whose columns are the channels: a matrix, or vectors. */
interface Origin {
  readonly tensor: OnnxTensor;
  /** Whether the channels are the rows of the matrix. */
  readonly transposed: boolean;
  /** The column of the first channel. */
  readonly first: number;
}

export class Upstream {
  readonly #constants: Constants;
  readonly #producers: ReadonlyMap<string, OnnxNode>;
  readonly #readers: ReadonlyMap<string, number>;
  readonly #initializers: ReadonlySet<OnnxTensor>;

  constructor(graph: OnnxGraph) {
    this.#initializers = new Set(graph.initializer);
    this.#constants = new Constants(graph);
    this.#readers = countReaders(graph);
    this.#producers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  }

  /**
   * Divides the channels of `value` by `scaling` [channels] in the constants that it comes from. False, and nothing changed, where it has
   * other readers than `readers` of them, or comes from elsewhere.
   */
  divide(value: string, readers: number, scaling: Float32Array): boolean {
    if (this.#readers.get(value) !== readers) return false;
    const origins = this.#normalisation(value, scaling.length) ?? this.#product(value, scaling.length);
    if (!origins?.every(({ tensor }) => this.#initializers.has(tensor))) return false;
    for (const origin of origins) divideColumns(origin, scaling);
    return true;
  }

  #normalisation(value: string, channels: number): readonly Origin[] | undefined {
    const node = this.#producers.get(value);
    if (node === undefined || !NORMALISATIONS.has(node.opType)) return undefined;
    const vectors = node.input.slice(1).map((name) => this.#ownVector(name));
    if (vectors.some((vector) => vector?.dims[0] !== channels)) return undefined;
    return vectors.flatMap((tensor) => (tensor ? [{ tensor, transposed: false, first: 0 }] : []));
  }

  /** Follows a value with as many channels up to the product that it comes from. */
  #product(value: string, channels: number): readonly Origin[] | undefined {
    const node = this.#producers.get(value);
    const [input = ''] = node?.input ?? [];
    switch (node?.opType) {
      case 'Relu':
      case 'Identity':
        return this.#alone(input) ? this.#product(input, channels) : undefined;
      case 'Mul':
        return this.#gated(node.input, channels);
      case 'MultiHeadAttention': {
        const [, key = '', values = '', ...others] = node.input;
        const isPlain = key !== '' && values !== '' && (others[0] ?? '') === '' && others.length <= 3;
        return isPlain && this.#alone(values) ? this.#columns(values, channels, 0) : undefined;
      }
      case 'Reshape': {
        const values = this.#valuesOfAttention(input);
        return values === undefined ? undefined : this.#columns(values, channels, 0);
      }
      default:
        return this.#columns(value, channels, 0);
    }
  }

  /** What a gate is multiplied by: of the two, the one that comes from a product without an activation between. */
  #gated(factors: readonly string[], channels: number): readonly Origin[] | undefined {
    const origins = factors.map((factor) =>
      this.#alone(factor) ? this.#columns(factor, channels, 0) : undefined,
    );
    return origins.find((found) => found !== undefined);
  }

  /** The values that standard operators attend to, before they are divided into heads; `merged` is not yet put together again. */
  #valuesOfAttention(merged: string): string | undefined {
    const attended = this.#swapsHeads(merged);
    const product = attended === undefined ? undefined : this.#producers.get(attended);
    const values = product?.opType === 'MatMul' ? product.input[1] : undefined;
    if (attended === undefined || values === undefined || !this.#alone(attended) || !this.#alone(values))
      return undefined;
    const divided = this.#swapsHeads(values);
    const reshape = divided === undefined ? undefined : this.#producers.get(divided);
    const whole = reshape?.opType === 'Reshape' ? reshape.input[0] : undefined;
    if (divided === undefined || whole === undefined) return undefined;
    return this.#alone(divided) && this.#alone(whole) ? whole : undefined;
  }

  /** The input of a Transpose between `[batch, tokens, heads, size]` and `[batch, heads, tokens, size]`. */
  #swapsHeads(value: string): string | undefined {
    const node = this.#producers.get(value);
    if (node?.opType !== 'Transpose' || !this.#alone(value)) return undefined;
    const order = findAttribute(node, 'perm')?.ints?.map(Number).join();
    return order === '0,2,1,3' ? node.input[0] : undefined;
  }

  /** The columns of a product, with its bias, that the channels are; `first` of them is the first channel. */
  #columns(value: string, channels: number, first: number): readonly Origin[] | undefined {
    const node = this.#producers.get(value);
    if (node === undefined) return undefined;
    if (node.opType === 'Split') return this.#part(node, value, channels);
    if (node.opType === 'Add') {
      const own = node.input.find((name) => this.#constants.vector(name) === undefined) ?? '';
      const bias = this.#ownVector(node.input.find((name) => name !== own) ?? '');
      const origins = this.#alone(own) ? this.#matrix(own, channels, first) : undefined;
      return bias && origins && [...origins, { tensor: bias, transposed: false, first }];
    }
    return this.#matrix(value, channels, first);
  }

  #part(node: OnnxNode, value: string, channels: number): readonly Origin[] | undefined {
    const [whole = '', sizes = ''] = node.input;
    const parts = node.output.length;
    const isLast = [-1, 2].includes(intAttribute(node, 'axis') ?? 0);
    if (!isLast || sizes !== '' || !this.#alone(whole)) return undefined;
    const origins = this.#columns(whole, channels, node.output.indexOf(value) * channels);
    const isEven = origins?.every(
      ({ tensor, transposed }) => widthOf(tensor, transposed) === parts * channels,
    );
    return isEven ? origins : undefined;
  }

  #matrix(value: string, channels: number, first: number): readonly Origin[] | undefined {
    const node = this.#producers.get(value);
    const product = node && findProduct(node, (name) => this.#constants.matrix(name));
    if (product === undefined) return undefined;
    const { tensor, transposed } = product.weights;
    const bias = product.bias === undefined ? undefined : this.#ownVector(product.bias);
    if (product.bias !== undefined && bias === undefined) return undefined;
    if (!this.#alone(tensor.name) || widthOf(tensor, transposed) < first + channels) return undefined;
    return [{ tensor, transposed, first }, ...(bias ? [{ tensor: bias, transposed: false, first }] : [])];
  }

  #alone(name: string): boolean {
    return this.#readers.get(name) === 1;
  }

  /** A constant vector that nothing else reads. */
  #ownVector(name: string): OnnxTensor | undefined {
    return this.#alone(name) ? this.#constants.vector(name) : undefined;
  }
}

function widthOf({ dims }: OnnxTensor, transposed: boolean): number {
  return (transposed ? dims[0] : dims.at(-1)) ?? 0;
}

/** The values are computed when they are read, so that weights that stay in their file until then go on doing so. */
function divideColumns({ tensor, transposed, first }: Origin, scaling: Float32Array): void {
  const source = { ...tensor };
  const columns = transposed ? 1 : (tensor.dims.at(-1) ?? 1);
  const length = transposed ? (tensor.dims.at(-1) ?? 1) : 1;
  const read = (): Uint8Array => {
    const values = floats(source).slice();
    const rows = values.length / (columns * length || 1);
    for (let row = 0; row < (transposed ? 1 : rows); row++) {
      for (const [channel, divisor] of scaling.entries()) {
        const start = row * columns + (first + channel) * length;
        for (let at = start; at < start + length; at++) values[at] = (values[at] ?? 0) / divisor;
      }
    }
    return viewBytes(values);
  };
  Object.assign(tensor, {
    dataType: ELEMENT.float32,
    rawData: undefined,
    floatData: [],
    doubleData: [],
    read,
  });
}
