import { int, intAttribute, makeNode } from '../../graph/node.ts';
import { type OnnxModel, type OnnxNode, type OnnxTensor, readOpset } from '../../graph/onnx.ts';
import { floats, floatTensor, int64Tensor } from '../../graph/tensor.ts';
import { cutInputs } from './cut-inputs.ts';

/** Products of two matrices whose first one may have a single row. Those of MatMul have a row for each token, four at least. */
const OF_MATRICES = new Set(['Gemm', 'FusedGemm']);
const PRODUCTS = new Set([...OF_MATRICES, 'MatMul', 'FusedMatMul']);

/** The operator set from which Split says how many parts it makes. */
const SPLIT_COUNTS = 18;

/**
 * Makes a product in fp32 give a row the same bits whatever rows are beside it: `[rows, inputs] x [inputs, outputs]`. Where its weights
 * are not packed, a single row and a single column go to kernels that add up in another order. So each row is computed twice, and a
 * single column gets one of zeros beside it; both are cut off again. Many inputs are added up in parts, see `cutInputs`. Gives the nodes
 * in place of `node`.
 */
export function steadyProduct(model: OnnxModel, node: OnnxNode, weights: OnnxTensor): readonly OnnxNode[] {
  if (!PRODUCTS.has(node.opType) || weights.dims.length !== 2) return [node];
  const nodes =
    OF_MATRICES.has(node.opType) && hasRowsAlone(model, node) ? computeRowsTwice(model, node) : [node];
  return nodes.flatMap((each) =>
    each.opType === node.opType
      ? (cutInputs(model, each, weights) ?? addColumn(model, each, weights))
      : [each],
  );
}

/** Whether nothing but the first matrix has a row for each row of the result: it is not transposed, and one row or number is added to all. */
function hasRowsAlone({ graph }: OnnxModel, node: OnnxNode): boolean {
  const [, , added = ''] = node.input;
  const dims = graph.initializer.find(({ name }) => name === added)?.dims;
  const isSame = added === '' || (dims !== undefined && (dims.length < 2 || Number(dims[0]) === 1));
  return isSame && intAttribute(node, 'transA') !== 1;
}

function computeRowsTwice(model: OnnxModel, node: OnnxNode): readonly OnnxNode[] {
  const [rows = ''] = node.input;
  const [output = ''] = node.output;
  const [twice, both, rest] = [`${output}/rows-twice`, `${output}/twice`, `${output}/again`];
  const attributes = { axis: int(0) };
  const parts = readOpset(model) < SPLIT_COUNTS ? attributes : { ...attributes, num_outputs: int(2) };
  return [
    makeNode('Concat', [rows, rows], [twice], { name: `${output}/repeat`, attributes }),
    { ...node, input: node.input.with(0, twice), output: [both] },
    makeNode('Split', [both], [output, rest], { name: `${output}/once`, attributes: parts }),
  ];
}

function addColumn({ graph }: OnnxModel, node: OnnxNode, weights: OnnxTensor): readonly OnnxNode[] {
  const isTransposed = intAttribute(node, 'transB') === 1;
  if (Number(weights.dims[isTransposed ? 0 : 1]) !== 1) return [node];
  const [output = ''] = node.output;
  const wide = `${weights.name}/two-columns`;
  if (!graph.initializer.some(({ name }) => name === wide)) {
    graph.initializer.push(widen(wide, weights, isTransposed));
  }
  const bounds = { from: 0, to: 1, axis: -1 };
  const names = Object.entries(bounds).map(([name, value]) => {
    const tensor = int64Tensor(`${output}/${name}`, [1], [value]);
    graph.initializer.push(tensor);
    return tensor.name;
  });
  const both = `${output}/two-columns`;
  return [
    { ...node, input: node.input.with(1, wide), output: [both] },
    makeNode('Slice', [both, ...names], [output], { name: `${output}/first-column` }),
  ];
}

/** `[inputs, 1]` to `[inputs, 2]`, or `[1, inputs]` to `[2, inputs]`, with zeros beside the values. */
function widen(name: string, weights: OnnxTensor, isTransposed: boolean): OnnxTensor {
  const values = floats(weights);
  const both = new Float32Array(2 * values.length);
  for (let at = 0; at < values.length; at++) both[isTransposed ? at : 2 * at] = values[at] ?? 0;
  return floatTensor(name, isTransposed ? [2, values.length] : [values.length, 2], both);
}
