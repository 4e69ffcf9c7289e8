/** Makes the weights of an exported graph easy to find and to name. */
import type { OnnxGraph, OnnxNode } from './onnx.ts';
import { nodesIn } from './walk.ts';

/** Turns `Constant` nodes that hold a tensor into initialisers, which can be written to a file of their own. */
export function liftConstants(graph: OnnxGraph): void {
  graph.node = graph.node.filter(({ opType, output: [name = ''], attribute }) => {
    const constant = opType === 'Constant' ? attribute.find((one) => one.name === 'value')?.t : undefined;
    if (constant) graph.initializer.push(Object.assign(constant, { name }));
    return !constant;
  });
}

/** Names that torch.onnx makes up for weights that it has turned: `onnx::MatMul_1534`. */
const MADE_UP = /^onnx::\w+_\d+$/;

/** Names weights that have a made-up name after the node that reads them, where there is one: `/encoder/layer.0/query/MatMul`. */
export function nameWeights(graph: OnnxGraph): void {
  const nodes = [...nodesIn(graph)];
  const taken = new Set([
    ...nodes.flatMap(({ output }) => output),
    ...graph.initializer.map(({ name }) => name),
  ]);
  const readers = new Map<string, OnnxNode[]>();
  for (const node of nodes) {
    for (const name of node.input) {
      if (MADE_UP.test(name)) readers.set(name, [...(readers.get(name) ?? []), node].slice(0, 2));
    }
  }
  for (const tensor of graph.initializer) {
    if (tensor.dims.length !== 2) continue;
    const [reader, another] = readers.get(tensor.name) ?? [];
    if (reader === undefined || another !== undefined || reader.name === '' || taken.has(reader.name))
      continue;
    taken.add(reader.name);
    reader.input = reader.input.map((input) => (input === tensor.name ? reader.name : input));
    tensor.name = reader.name;
  }
}
