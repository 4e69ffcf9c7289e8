/** Walks a graph with the graphs inside its nodes (If, Loop). A message that is absent on the wire is null or undefined. */
import type { OnnxGraph, OnnxNode, OnnxTensor } from './onnx.ts';

/** The graph itself, and every graph inside it. */
export function* graphsIn(graph: OnnxGraph): Generator<OnnxGraph> {
  yield graph;
  for (const { attribute } of graph.node) {
    for (const { g, graphs = [] } of attribute) {
      for (const inner of g ? [g, ...graphs] : graphs) yield* graphsIn(inner);
    }
  }
}

export function* nodesIn(graph: OnnxGraph): Generator<OnnxNode> {
  for (const { node } of graphsIn(graph)) yield* node;
}

/** Every tensor that the file holds: initialisers, and the values of `Constant` and other nodes. */
export function* tensorsIn(graph: OnnxGraph): Generator<OnnxTensor> {
  for (const { initializer, node } of graphsIn(graph)) {
    yield* initializer;
    for (const { attribute } of node) for (const { t } of attribute) if (t) yield t;
  }
}
