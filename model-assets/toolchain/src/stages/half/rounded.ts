import { float16ToFloat32 } from '../../graph/half.ts';
import { findAttribute, int, makeNode } from '../../graph/node.ts';
import type { OnnxModel, OnnxNode, OnnxTensor } from '../../graph/onnx.ts';
import { ELEMENT, floatTensor, tensorBytes } from '../../graph/tensor.ts';
import type { ValueTypes } from './values.ts';

/**
 * Rebuilds a half-precision model in float32, with every value rounded that is half there. It gives what a GPU gives, up to the order of
 * sums. The CPU provider itself computes half-precision graphs in float32 and rounds nothing but weights.
 * `types` are those of the half-precision model.
 */
export function rounded(model: OnnxModel, types: ValueTypes): OnnxModel {
  const { graph } = model;
  const isHalf = (name: string): boolean => types.get(name)?.element === 'float16';
  const nodes = graph.node.flatMap((node) => {
    const halves = node.output.filter(isHalf);
    if (halves.length === 0) return [node];
    const output = node.output.map((name) => (isHalf(name) ? `${name}/exact` : name));
    return [{ ...node, output, attribute: widenCast(node) }, ...halves.flatMap(roundingNodes)];
  });
  return { ...model, graph: { ...graph, node: nodes, initializer: graph.initializer.map(widened) } };
}

function roundingNodes(name: string): OnnxNode[] {
  const to = (element: number) => ({ attributes: { to: int(element) } });
  return [
    makeNode('Cast', [`${name}/exact`], [`${name}/rounded`], to(ELEMENT.float16)),
    makeNode('Cast', [`${name}/rounded`], [name], to(ELEMENT.float32)),
  ];
}

function widenCast(node: OnnxNode): OnnxNode['attribute'] {
  if (node.opType !== 'Cast' || Number(findAttribute(node, 'to')?.i) !== ELEMENT.float16)
    return node.attribute;
  return [{ name: 'to', ...int(ELEMENT.float32) }];
}

function widened(tensor: OnnxTensor): OnnxTensor {
  if (tensor.dataType !== ELEMENT.float16) return tensor;
  return floatTensor(tensor.name, tensor.dims, float16ToFloat32(tensorBytes(tensor)));
}
