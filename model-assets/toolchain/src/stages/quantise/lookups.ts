import type { OnnxGraph } from '../../graph/onnx.ts';
import { Constants } from './constants.ts';
import { findLookup, LookupRewriter } from './tables.ts';
import type { Writer } from './writer.ts';

/** Makes the rows of large embedding tables int8, but for tables that `keep` names. Gives the number of look-ups. */
export function writeLookups(writer: Writer, graph: OnnxGraph, keep: readonly string[]): number {
  const constants = new Constants(graph);
  const rewriter = new LookupRewriter(writer.names);
  let count = 0;
  for (const node of graph.node) {
    const lookup = findLookup(node, (value) => constants.matrix(value));
    if (lookup === undefined || keep.includes(lookup.table.name)) continue;
    writer.put(node, rewriter.rewrite(lookup));
    count++;
  }
  writer.add(rewriter.initializers);
  return count;
}
