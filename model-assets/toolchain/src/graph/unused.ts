import type { OnnxGraph, OnnxNode } from './onnx.ts';

/** Drops initialisers, and nodes upstream of them, whose values nothing reads any more. */
export function removeUnused(graph: OnnxGraph): void {
  const used = new Set(graph.output.map(({ name }) => name));
  const kept: OnnxNode[] = [];
  for (const node of graph.node.toReversed()) {
    if (!node.output.some((name) => used.has(name))) continue;
    kept.push(node);
    for (const name of valuesReadBy(node)) used.add(name);
  }
  const dropped = new Set(graph.initializer.map(({ name }) => name).filter((name) => !used.has(name)));
  graph.node = kept.reverse();
  graph.initializer = graph.initializer.filter(({ name }) => !dropped.has(name));
  graph.input = graph.input.filter(({ name }) => !dropped.has(name));
}

/** Names of the values that a node reads, those that its inner graphs take from outside included. */
function* valuesReadBy(node: OnnxNode): Generator<string> {
  yield* node.input;
  for (const attribute of node.attribute) {
    for (const inner of [...(attribute.g ? [attribute.g] : []), ...(attribute.graphs ?? [])]) {
      for (const innerNode of inner.node) yield* valuesReadBy(innerNode);
      for (const { name } of inner.output) yield name;
    }
  }
}
