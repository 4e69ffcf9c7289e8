import { findAttribute } from '../../graph/node.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../graph/onnx.ts';
import { ELEMENT } from '../../graph/tensor.ts';

/** A matrix of weights behind a value, and whether the graph reads it turned. */
export interface ConstantMatrix {
  readonly tensor: OnnxTensor;
  readonly transposed: boolean;
}

const FLOATING: ReadonlySet<number> = new Set([
  ELEMENT.float32,
  ELEMENT.float16,
  ELEMENT.bfloat16,
  ELEMENT.float64,
]);

/** Finds the weights behind values: initialisers, `Constant` nodes, and these through `Identity` or `Transpose`. */
export class Constants {
  readonly #initializers: ReadonlyMap<string, OnnxTensor>;
  readonly #producers: ReadonlyMap<string, OnnxNode>;

  constructor(graph: OnnxGraph) {
    this.#initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
    this.#producers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  }

  /** The two-dimensional floating-point constant that `value` reads, if it reads one. */
  matrix(value: string): ConstantMatrix | undefined {
    const found = this.#find(value);
    const { dims, dataType } = found?.tensor ?? { dims: [], dataType: 0 };
    return dims.length === 2 && FLOATING.has(dataType) ? found : undefined;
  }

  /** The one-dimensional floating-point constant that `value` reads, if it reads one. */
  vector(value: string): OnnxTensor | undefined {
    const tensor = this.#find(value)?.tensor;
    return tensor?.dims.length === 1 && FLOATING.has(tensor.dataType) ? tensor : undefined;
  }

  #find(value: string): ConstantMatrix | undefined {
    const tensor = this.#initializers.get(value);
    if (tensor !== undefined) return { tensor, transposed: false };
    const node = this.#producers.get(value);
    const input = node?.input[0];
    switch (node?.opType) {
      case 'Constant': {
        const constant = findAttribute(node, 'value')?.t;
        return constant && { tensor: { ...constant, name: constant.name || value }, transposed: false };
      }
      case 'Identity':
        return input === undefined ? undefined : this.#find(input);
      case 'Transpose': {
        const found = input === undefined ? undefined : this.#find(input);
        return found?.tensor.dims.length === 2 && reversesBothAxes(node)
          ? { tensor: found.tensor, transposed: !found.transposed }
          : undefined;
      }
      default:
        return undefined;
    }
  }
}

function reversesBothAxes(node: OnnxNode): boolean {
  const order = findAttribute(node, 'perm')?.ints?.map(Number);
  return order === undefined || (order[0] === 1 && order[1] === 0);
}
