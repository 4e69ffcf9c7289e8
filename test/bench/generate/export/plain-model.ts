/** What exports of the peer say of themselves, and two of them as the branches of one. */

import { valueInfo } from '../../../../model-assets/toolchain/src/graph/builder.ts';
import { graph as body, makeNode } from '../../../../model-assets/toolchain/src/graph/node.ts';
import type { OnnxGraph, OnnxModel } from '../../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT } from '../../../../model-assets/toolchain/src/graph/tensor.ts';

const OPSET = 17;
const IR_VERSION = 8;
const BRANCH = 'use_cache_branch';

export function finishPlain(model: OnnxModel): OnnxModel {
  return Object.assign(model, { irVersion: IR_VERSION, opsetImport: [{ domain: '', version: OPSET }] });
}

/**
 * One graph of two that give the same outputs, as Optimum merges a decoder that begins and one that goes on: an `If` on the input
 * `use_cache_branch`, whose branches share their weights.
 */
export function mergeBranches(first: OnnxModel, next: OnnxModel): OnnxModel {
  const graphs = [first.graph, next.graph];
  const byName = <Item extends { readonly name: string }>(items: readonly Item[]): Item[] => [
    ...new Map(items.map((item) => [item.name, item])).values(),
  ];
  const attributes = {
    then_branch: body(asBranch(next.graph, 'next')),
    else_branch: body(asBranch(first.graph, 'first')),
  };
  const outputs = next.graph.output.map(({ name }) => name);
  const graph: OnnxGraph = {
    name: 'merged',
    node: [makeNode('If', [BRANCH], outputs, { name: 'merged', attributes })],
    initializer: byName(graphs.flatMap(({ initializer }) => initializer)),
    input: [...byName(graphs.flatMap(({ input }) => input)), valueInfo(BRANCH, ELEMENT.bool, [1])],
    output: next.graph.output,
    valueInfo: [],
  };
  return { ...next, graph };
}

/** Values of a branch have names of their own beside those of the graph around it. */
function asBranch({ node, output }: OnnxGraph, name: string): OnnxGraph {
  const own = new Set(node.flatMap((each) => each.output));
  const rename = (value: string) => (own.has(value) ? `${name}/${value}` : value);
  return {
    name,
    node: node.map((each) => ({
      ...each,
      input: each.input.map(rename),
      output: each.output.map(rename),
    })),
    initializer: [],
    input: [],
    output: output.map((value) => ({ ...value, name: rename(value.name) })),
    valueInfo: [],
  };
}
