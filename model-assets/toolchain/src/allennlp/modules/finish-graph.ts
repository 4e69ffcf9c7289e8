/** The end of building a graph: its outputs. */
import { ELEMENT } from '../../graph/tensor.ts';
import type { ArchiveGraph, GraphOutput, Scope } from './module.ts';

/** Declares the outputs, under names of their own, and gives the graph. */
export function finishGraph(scope: Scope, outputs: Readonly<Record<string, GraphOutput>>): ArchiveGraph {
  for (const [name, { value, axes }] of Object.entries(outputs)) {
    scope.graph.op('Identity', [value], name);
    scope.graph.output(name, ELEMENT.float32, axes);
  }
  return {
    model: scope.graph.build(),
    inputs: scope.inputs,
    outputs: Object.keys(outputs).map((name) => ({ name })),
  };
}
