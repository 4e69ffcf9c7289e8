/** The tables of words of an encoder, a decoder and its head: one for all of them in most checkpoints, in some one for each. */
import type { GraphBuilder } from '../../../graph/builder.ts';
import { floatTensor } from '../../../graph/tensor.ts';
import type { Weights } from '../../../graph/weights.ts';
import { table } from '../step/head.ts';

export interface WordTables {
  readonly rows: number;
  readonly width: number;
}

/** The table of the words that `part` reads, [rows, width]. */
export function wordTable(
  graph: GraphBuilder,
  weights: Weights,
  part: 'encoder' | 'decoder',
  { rows, width }: WordTables,
): string {
  return table(graph, weights, tableOf(weights, part), [rows, width], 'words.weight');
}

/**
 * The table of the head, [rows, width]: `words`, that of the decoder, where the checkpoint has no other. As release 5 of transformers does,
 * it goes by the values: old files have the same table several times, whatever config.json says of ties.
 */
export function headTable(
  graph: GraphBuilder,
  weights: Weights,
  words: string,
  { rows, width }: WordTables,
): string {
  const own = 'lm_head.weight';
  if (!weights.has(own)) return words;
  const values = weights.get(own, [rows, width]);
  if (isSame(values, weights.get(tableOf(weights, 'decoder'), [rows, width]))) return words;
  return graph.constant(floatTensor('head.weight', [rows, width], values));
}

function tableOf(weights: Weights, part: 'encoder' | 'decoder'): string {
  return weights.firstOf([`${part}.embed_tokens.weight`, 'shared.weight']);
}

function isSame(one: Float32Array, other: Float32Array): boolean {
  return one.every((value, index) => value === other[index]);
}
