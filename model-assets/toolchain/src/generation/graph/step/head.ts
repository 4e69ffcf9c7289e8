/** The first and the last layer of a language model: rows of a table of embeddings, and a product with the same table or one of its own. */
import type { GraphBuilder } from '../../../graph/builder.ts';
import { int } from '../../../graph/node.ts';
import { floatTensor } from '../../../graph/tensor.ts';
import type { Weights } from '../../../graph/weights.ts';

/** A constant [vocabulary, width]. */
export function table(
  graph: GraphBuilder,
  weights: Weights,
  tensor: string,
  dims: readonly [vocabulary: number, width: number],
  name: string,
): string {
  return graph.constant(floatTensor(name, dims, weights.get(tensor, dims)));
}

/** Rows of a table by their numbers: [..] to [.., width]. */
export function lookUp(graph: GraphBuilder, rows: string, indices: string, name: string): string {
  return graph.op('Gather', [rows, indices], name);
}

/** `x` [rows, width] times every row of a table [vocabulary, width]: [rows, vocabulary]. */
export function score(graph: GraphBuilder, x: string, rows: string, name: string): string {
  return graph.op('Gemm', [x, rows], name, { attributes: { transB: int(1) } });
}
