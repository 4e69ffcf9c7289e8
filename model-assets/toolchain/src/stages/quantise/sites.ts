/** Finds the matrix products of a graph that can be int8, with their biases, and what they read in common. */
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../graph/onnx.ts';
import { floats } from '../../graph/tensor.ts';
import { transpose } from '../../graph/transpose.ts';
import { isClassifier, valuesOfOutputs } from './classifiers.ts';
import { Constants } from './constants.ts';
import { findProduct, type Product } from './products.ts';
import type { Matrix } from './weights.ts';

/** A product in its place: `output [.., outputs] = activations [.., inputs] x weights [inputs, outputs] + bias`. */
export interface Site extends Product {
  /** Name of the weights, as `keep` takes it. */
  readonly name: string;
  /** Name of a constant of shape [outputs], which the product or the node behind it adds. */
  readonly bias: string | undefined;
  /** That constant. */
  readonly biasTensor: OnnxTensor | undefined;
  /** The node behind the product that adds the bias. */
  readonly adds: OnnxNode | undefined;
  readonly output: string;
}

/** Products that read the same activations, which are quantised once for all of them. */
export interface Group {
  readonly activations: string;
  readonly sites: readonly Site[];
  /** Whether a matrix among them is that of another group, too, as where layers share their weights. */
  readonly sharesWeights: boolean;
}

export interface Sites {
  readonly groups: readonly Group[];
  /** Weights of products that stay fp32. */
  readonly kept: readonly string[];
}

/**
 * The products that can be int8: those with constant weights, other than classifiers and what `keep` names. A Gemm whose third factor
 * is no vector of biases stays as it is, too.
 */
export function findSites(graph: OnnxGraph, keep: readonly string[] = []): Sites {
  const constants = new Constants(graph);
  const classifiers = valuesOfOutputs(graph);
  const readers = countReaders(graph);
  const kept: string[] = [];
  const found = new Map<string, Site[]>();
  for (const node of graph.node) {
    const product = findProduct(node, (value) => constants.matrix(value));
    if (product === undefined) continue;
    const name = product.weights.tensor.name;
    if (keep.includes(name) || isClassifier(product, classifiers)) {
      kept.push(name);
      continue;
    }
    const site = completeSite(product, graph, constants, readers);
    if (site === undefined) {
      kept.push(name);
      continue;
    }
    found.set(site.activations, [...(found.get(site.activations) ?? []), site]);
  }
  const groups = [...found].map(([activations, sites]) => ({ activations, sites }));
  return {
    groups: groups.map((group) => ({ ...group, sharesWeights: sharesWeights(group, groups) })),
    kept,
  };
}

function sharesWeights(group: Pick<Group, 'sites'>, all: readonly Pick<Group, 'sites'>[]): boolean {
  return all.some(
    (other) =>
      other !== group && other.sites.some(({ name }) => group.sites.some((own) => own.name === name)),
  );
}

/** The number of nodes and outputs that read each value. */
export function countReaders(graph: OnnxGraph): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const read = [...graph.node.flatMap(({ input }) => input), ...graph.output.map(({ name }) => name)];
  for (const name of read) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function completeSite(
  product: Product,
  graph: OnnxGraph,
  constants: Constants,
  readers: ReadonlyMap<string, number>,
): Site | undefined {
  const own = product.node.output[0] ?? '';
  const name = product.weights.tensor.name;
  const alone = { ...product, name, biasTensor: undefined, adds: undefined, output: own };
  const [outputs] = shapeOf(product).slice(1);
  if (product.bias !== undefined) {
    const biasTensor = constants.vector(product.bias);
    return biasTensor?.dims[0] === outputs ? { ...alone, biasTensor } : undefined;
  }
  if (readers.get(own) !== 1) return alone;
  const adds = graph.node.find(({ opType, input }) => opType === 'Add' && input.includes(own));
  const bias = adds?.input.find((value) => value !== own);
  if (adds === undefined || bias === undefined) return alone;
  const biasTensor = constants.vector(bias);
  if (biasTensor?.dims[0] !== outputs) return alone;
  return { ...alone, bias, biasTensor, adds, output: adds.output[0] ?? '' };
}

/** The number of channels that a group's products read. */
export function inputsOf(sites: Group['sites']): number {
  const [first] = sites;
  return first === undefined ? 0 : shapeOf(first)[0];
}

/** [inputs, outputs] */
function shapeOf({ weights: { tensor, transposed } }: Product): readonly [number, number] {
  const [rows = 0, columns = 0] = tensor.dims;
  return transposed ? [columns, rows] : [rows, columns];
}

/** The weights of a product as [inputs, outputs], read anew. */
export function readWeights(site: Product): Matrix {
  const { tensor, transposed } = site.weights;
  const [rows = 0, columns = 0] = tensor.dims;
  const values = floats(tensor);
  if (!transposed) return { name: tensor.name, values, rows, columns };
  return { name: tensor.name, values: transpose(values, rows, columns), rows: columns, columns: rows };
}
