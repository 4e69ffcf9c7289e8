/**
 * Keeps the weights of products in fp32 from being packed. A session that packs multiplies them in another order, so that its
 * answers differ in the last digits from those of one that does not; what is left in fp32 beside int8 is small, such as a classifier,
 * and loses nothing by it. See the engine's session/ADR-packing.md.
 */
import { makeNode } from '../graph/node.ts';
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../graph/onnx.ts';
import { ELEMENT, int64Tensor } from '../graph/tensor.ts';
import { removeUnused } from '../graph/unused.ts';
import { steadyProduct } from './hold-products/steady-product.ts';

/** Operators whose weights ONNX Runtime packs, where they are constants of fp32. */
const PRODUCTS = new Set(['MatMul', 'Gemm', 'FusedMatMul', 'FusedGemm', 'Conv', 'FusedConv']);

/**
 * Puts a Reshape to the same shape before the constant weights of every product in fp32, in place. Its result is no constant, which
 * alone is packed, and lies in the memory of the weights, so that nothing is copied. To be called after the graph was optimised,
 * because that would remove it.
 */
export function holdProducts(model: OnnxModel): void {
  const { graph } = model;
  const constants = listWeights(graph);
  graph.node = graph.node.flatMap((node) => {
    const tensor = constants.get(node.input[1] ?? '');
    return tensor ? steadyProduct(model, node, tensor) : [node];
  });
  removeUnused(graph);
  const weights = listWeights(graph);
  const held = new Map<string, OnnxNode>();
  graph.node = graph.node.flatMap((node) => {
    const [, name = ''] = node.input;
    const tensor = PRODUCTS.has(node.opType) ? weights.get(name) : undefined;
    if (!tensor) return [node];
    const before = held.get(name);
    const shape = `${name}/shape`;
    const hold = before ?? makeNode('Reshape', [name, shape], [`${name}/held`], { name: `${name}/hold` });
    if (!before) {
      held.set(name, hold);
      graph.initializer.push(int64Tensor(shape, [tensor.dims.length], tensor.dims.map(Number)));
    }
    node.input = node.input.with(1, `${name}/held`);
    return before ? [node] : [hold, node];
  });
}

function listWeights({ initializer }: OnnxGraph): ReadonlyMap<string, OnnxTensor> {
  const inFp32 = initializer.filter(({ dataType }) => dataType === ELEMENT.float32);
  return new Map(inFp32.map((tensor) => [tensor.name, tensor]));
}
