/** Finds the products that are classifiers: the last ones before an output. */
import type { OnnxGraph } from '../../graph/onnx.ts';
import type { Product } from './products.ts';

const RESHAPING: ReadonlySet<string> = new Set([
  'Identity',
  'Gather',
  'Squeeze',
  'Unsqueeze',
  'Reshape',
  'Split',
]);

/** A product with more outputs than this is a language-model head rather than a classifier. */
const MAXIMUM_CLASSES = 1024;

/** The graph's outputs, and the values that become one by nothing but a bias or a change of shape. */
export function valuesOfOutputs(graph: OnnxGraph): ReadonlySet<string> {
  const computed = new Set(
    graph.node.filter(({ opType }) => opType !== 'Constant').flatMap(({ output }) => output),
  );
  const values = new Set(graph.output.map(({ name }) => name));
  for (const { opType, input, output } of graph.node.toReversed()) {
    if (!output.some((name) => values.has(name))) continue;
    const addsBias = opType === 'Add' && input.some((name) => !computed.has(name));
    if (addsBias || RESHAPING.has(opType)) for (const name of input) values.add(name);
  }
  return values;
}

/** The last product costs next to nothing, and its rounding would be seen in the logits undiluted. */
export function isClassifier({ node, weights }: Product, classifiers: ReadonlySet<string>): boolean {
  const [rows = 0, columns = 0] = weights.tensor.dims;
  const classes = weights.transposed ? rows : columns;
  return classes <= MAXIMUM_CLASSES && node.output.some((name) => classifiers.has(name));
}
