/** Weights stored as int8 and computed with in fp32: constants of the graph that a session multiplies out when it is created. */
import { int, intAttribute, makeNode } from '../../graph/node.ts';
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../../graph/onnx.ts';
import { ELEMENT, elementCount, floats, floatTensor, int8Tensor } from '../../graph/tensor.ts';
import { isClassifier, valuesOfOutputs } from './classifiers.ts';
import { Constants } from './constants.ts';
import { writeLookups } from './lookups.ts';
import { findProduct } from './products.ts';
import { quantiseColumns, quantiseRows } from './weights.ts';
import { Writer } from './writer.ts';

/** Smaller matrices stay in fp32. */
const MINIMUM_ELEMENTS = 4096;

export interface StoredReport {
  readonly products: number;
  readonly lookups: number;
  readonly kept: readonly string[];
}

/**
 * Stores the matrices of an optimised graph as int8, with a scale for each output of the products that read them. Everything is computed
 * from `integer * scale` in fp32.
 */
export function storeWeights(model: OnnxModel, keep: readonly string[]): StoredReport {
  const { graph } = model;
  const writer = new Writer(model);
  const lookups = writeLookups(writer, graph, keep);
  writer.finish();
  const spared = new Set([...keep, ...classifiersOf(graph)]);
  const kept: string[] = [];
  const nodes: OnnxNode[] = [];
  const stored: OnnxTensor[] = [];
  let products = 0;
  for (const tensor of graph.initializer) {
    const readers = graph.node.filter(({ input }) => input.includes(tensor.name));
    const isMatrix =
      tensor.dataType === ELEMENT.float32 &&
      tensor.dims.length === 2 &&
      elementCount(tensor.dims) >= MINIMUM_ELEMENTS;
    if (!isMatrix || spared.has(tensor.name) || readers.length === 0) {
      if (spared.has(tensor.name)) kept.push(tensor.name);
      stored.push(tensor);
      continue;
    }
    products += readers.length;
    const [rows = 0, columns = 0] = tensor.dims;
    const byRow = readers.some((node) => readsByRow(node));
    const matrix = { name: tensor.name, values: floats(tensor), rows, columns };
    const { values, scales } = byRow ? quantiseRows(matrix, 127) : quantiseColumns(matrix, 127);
    const integers = writer.names.fresh(`${tensor.name}/s8`);
    const steps = writer.names.fresh(`${tensor.name}/scales`);
    const widened = writer.names.fresh(`${tensor.name}/float`);
    stored.push(
      int8Tensor(integers, tensor.dims, values),
      floatTensor(steps, byRow ? [rows, 1] : [columns], scales),
    );
    nodes.push(
      makeNode('Cast', [integers], [widened], {
        name: writer.names.fresh(`${tensor.name}/Cast`),
        attributes: { to: int(ELEMENT.float32) },
      }),
      makeNode('Mul', [widened, steps], [tensor.name], { name: writer.names.fresh(`${tensor.name}/Mul`) }),
    );
  }
  graph.initializer = stored;
  graph.node = [...nodes, ...graph.node];
  return { products, lookups, kept };
}

/** Whether the outputs of a product, or the entries of a table, are the rows of its matrix. */
function readsByRow(node: OnnxNode): boolean {
  if (node.opType === 'Gemm') return intAttribute(node, 'transB') === 1;
  return node.opType === 'Gather' || node.opType === 'EmbedLayerNormalization' || node.opType === 'Transpose';
}

function classifiersOf(graph: OnnxGraph): readonly string[] {
  const constants = new Constants(graph);
  const classifiers = valuesOfOutputs(graph);
  return graph.node.flatMap((node) => {
    const product = findProduct(node, (value) => constants.matrix(value));
    return product !== undefined && isClassifier(product, classifiers) ? [product.weights.tensor.name] : [];
  });
}
