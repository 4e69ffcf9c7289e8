import { findAttribute, int, intAttribute, makeNode } from '../../graph/node.ts';
import type { OnnxNode, OnnxTensor } from '../../graph/onnx.ts';
import { ELEMENT, floats, floatTensor, int8Tensor } from '../../graph/tensor.ts';
import { transpose } from '../../graph/transpose.ts';
import type { ConstantMatrix } from './constants.ts';
import type { Names } from './names.ts';
import { type Limit, quantiseColumns, quantiseRows } from './weights.ts';

/** A matrix product with constant weights: `activations [.., inputs] x weights [inputs, outputs] (+ bias)`. */
export interface Product {
  readonly node: OnnxNode;
  readonly activations: string;
  readonly weights: ConstantMatrix;
  /** Third input of a Gemm. */
  readonly bias: string | undefined;
}

/** The product that a node computes, or undefined where it is none that int8 arithmetic can take over. */
export function findProduct(
  node: OnnxNode,
  matrix: (value: string) => ConstantMatrix | undefined,
): Product | undefined {
  const [activations, factor, bias] = node.input;
  if (node.domain !== '' || activations === undefined || factor === undefined) return undefined;
  const weights = matrix(factor);
  if (weights === undefined) return undefined;
  if (node.opType === 'MatMul') return { node, activations, weights, bias: undefined };
  if (node.opType !== 'Gemm' || isScaled(node) || intAttribute(node, 'transA') === 1) return undefined;
  const transposed = weights.transposed !== (intAttribute(node, 'transB') === 1);
  return { node, activations, weights: { tensor: weights.tensor, transposed }, bias: bias || undefined };
}

/** A Gemm that multiplies by `alpha` or `beta` is left alone; exporters of transformers write neither. */
function isScaled(node: OnnxNode): boolean {
  return (findAttribute(node, 'alpha')?.f ?? 1) !== 1 || (findAttribute(node, 'beta')?.f ?? 1) !== 1;
}

/** Rewrites products; weights and activations that several of them share are quantised once. */
export class ProductRewriter {
  readonly initializers: OnnxTensor[] = [];
  readonly #names: Names;
  readonly #limit: Limit;
  readonly #activations = new Map<string, { values: string; scale: string; zero: string }>();
  readonly #weights = new Map<string, { values: string; scales: string }>();

  constructor(names: Names, limit: Limit) {
    this.#names = names;
    this.#limit = limit;
  }

  /**
   * The nodes that replace a product. Activations become u8 by `DynamicQuantizeLinear` (one scale and zero point
   * for the tensor), the weights s8 with a scale per output channel:
   *
   *     product[.., n] = (sum over k of (a[.., k] - zero) * w[k, n]) * (aScale * wScale[n])
   *
   * The order of nodes is the one that ONNX Runtime fuses to DynamicQuantizeMatMul or MatMulIntegerToFloat.
   */
  rewrite({ node, activations, weights, bias }: Product): OnnxNode[] {
    const name = node.name || node.output[0] || 'product';
    const nodes: OnnxNode[] = [];
    const a = this.#activations.get(activations) ?? this.#quantiseActivations(activations, nodes);
    const w = this.#quantiseWeights(weights);
    const result = node.output[0] ?? '';
    const sums = this.#names.fresh(`${name}/sums`);
    const asFloat = this.#names.fresh(`${name}/float`);
    const scale = this.#names.fresh(`${name}/scale`);
    const scaled = bias === undefined ? result : this.#names.fresh(`${name}/scaled`);
    nodes.push(
      makeNode('MatMulInteger', [a.values, w.values, a.zero], [sums], {
        name: this.#names.fresh(`${name}/MatMulInteger`),
      }),
      makeNode('Cast', [sums], [asFloat], {
        name: this.#names.fresh(`${name}/Cast`),
        attributes: { to: int(ELEMENT.float32) },
      }),
      makeNode('Mul', [a.scale, w.scales], [scale], { name: this.#names.fresh(`${name}/Scale`) }),
      makeNode('Mul', [asFloat, scale], [scaled], { name: this.#names.fresh(`${name}/Mul`) }),
    );
    if (bias !== undefined) {
      nodes.push(makeNode('Add', [scaled, bias], [result], { name: this.#names.fresh(`${name}/Add`) }));
    }
    return nodes;
  }

  #quantiseActivations(value: string, nodes: OnnxNode[]) {
    const quantised = {
      values: this.#names.fresh(`${value}/u8`),
      scale: this.#names.fresh(`${value}/scale`),
      zero: this.#names.fresh(`${value}/zero`),
    };
    const name = this.#names.fresh(`${value}/DynamicQuantizeLinear`);
    nodes.push(
      makeNode('DynamicQuantizeLinear', [value], [quantised.values, quantised.scale, quantised.zero], {
        name,
      }),
    );
    this.#activations.set(value, quantised);
    return quantised;
  }

  #quantiseWeights({ tensor, transposed }: ConstantMatrix) {
    const key = `${tensor.name}${transposed ? '/transposed' : ''}`;
    const known = this.#weights.get(key);
    if (known !== undefined) return known;
    const [rows = 0, columns = 0] = tensor.dims;
    const matrix = { name: tensor.name, values: floats(tensor), rows, columns };
    const { values, scales } = transposed
      ? quantiseRows(matrix, this.#limit)
      : quantiseColumns(matrix, this.#limit);
    const quantised = { values: this.#names.fresh(`${key}/s8`), scales: this.#names.fresh(`${key}/scales`) };
    this.initializers.push(
      transposed
        ? int8Tensor(quantised.values, [columns, rows], transpose(values, rows, columns))
        : int8Tensor(quantised.values, [rows, columns], values),
      floatTensor(quantised.scales, [scales.length], scales),
    );
    this.#weights.set(key, quantised);
    return quantised;
  }
}
