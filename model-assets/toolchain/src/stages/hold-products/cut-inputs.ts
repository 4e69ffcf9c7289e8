import { findAttribute, intAttribute, makeNode } from '../../graph/node.ts';
import type { OnnxModel, OnnxNode, OnnxTensor } from '../../graph/onnx.ts';
import { floats, floatTensor, int64Tensor } from '../../graph/tensor.ts';
import { transpose } from '../../graph/transpose.ts';

/** The shortest slice of inputs that ONNX Runtime adds up in one go, where weights are not packed. */
const SLICE = 128;

/** Threads share out so many columns at a time. */
const COLUMNS_OF_A_THREAD = 16;

/**
 * Adds up the inputs of a product by slices of at most 128, a MatMul each: `[rows, inputs] x [inputs, outputs]`. ONNX Runtime takes longer
 * slices where a thread has few columns, and shares out columns where there are few rows, but rows where there are many: on two threads,
 * 79 columns are added up in slices of 128 in a large batch and of 256 in a small one (`MlasGemmBatch`, `MlasSgemmOperation`). No slice
 * of its choice is shorter than 128, so that fewer inputs have one order alone. Gives the nodes in place of `node`; undefined where it
 * may stay as it is.
 */
export function cutInputs(
  { graph }: OnnxModel,
  node: OnnxNode,
  weights: OnnxTensor,
): readonly OnnxNode[] | undefined {
  const isTransposed = intAttribute(node, 'transB') === 1;
  const [inputs = 0, outputs = 0] = isTransposed
    ? weights.dims.toReversed().map(Number)
    : weights.dims.map(Number);
  if (!isPlain(node) || inputs <= SLICE || outputs <= COLUMNS_OF_A_THREAD) return undefined;
  const [rows = '', , bias = ''] = node.input;
  const [output = ''] = node.output;
  const constant = (tensor: OnnxTensor): string => {
    if (!graph.initializer.some(({ name }) => name === tensor.name)) graph.initializer.push(tensor);
    return tensor.name;
  };
  const bound = (name: string, value: number) => constant(int64Tensor(`${output}/${name}`, [1], [value]));
  const matrix = isTransposed ? transpose(floats(weights), outputs, inputs) : floats(weights);
  const axis = bound('axis', -1);
  const nodes: OnnxNode[] = [];
  const products: string[] = [];
  for (let from = 0; from < inputs; from += SLICE) {
    const to = Math.min(from + SLICE, inputs);
    const slice = matrix.slice(from * outputs, to * outputs);
    const own = constant(floatTensor(`${weights.name}/rows-${from}`, [to - from, outputs], slice));
    const [cut, product] = [`${output}/inputs-${from}`, `${output}/product-${from}`];
    const bounds = [bound(`from-${from}`, from), bound(`to-${to}`, to), axis];
    nodes.push(makeNode('Slice', [rows, ...bounds], [cut], { name: cut }));
    nodes.push(makeNode('MatMul', [cut, own], [product], { name: product }));
    products.push(product);
  }
  return [...nodes, ...addUp(bias === '' ? products : [...products, bias], output)];
}

/** Whether the node multiplies and adds a bias at most. */
function isPlain(node: OnnxNode): boolean {
  if (node.opType === 'MatMul') return true;
  const factors = ['alpha', 'beta'].map((name) => findAttribute(node, name)?.f ?? 1);
  return (
    node.opType === 'Gemm' && intAttribute(node, 'transA') !== 1 && factors.every((factor) => factor === 1)
  );
}

/** One Add after the other, so that the order is the same for every shape. */
function addUp(values: readonly string[], output: string): readonly OnnxNode[] {
  return values.slice(1).map((value, index) => {
    const before = index === 0 ? (values[0] ?? '') : `${output}/sum-${index}`;
    const sum = index === values.length - 2 ? output : `${output}/sum-${index + 1}`;
    return makeNode('Add', [before, value], [sum], { name: sum });
  });
}
