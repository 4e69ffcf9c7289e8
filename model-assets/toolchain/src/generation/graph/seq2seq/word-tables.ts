/** The tables of words of an encoder and a decoder: one for both and for the head in most checkpoints, in some one for each. */
import type { GraphBuilder } from '../../../graph/builder.ts';
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

/** The table of the head, [rows, width]: `words`, that of the decoder, where the checkpoint has no other. */
export function headTable(
  graph: GraphBuilder,
  weights: Weights,
  words: string,
  { rows, width }: WordTables,
): string {
  const own = 'lm_head.weight';
  if (weights.firstOf([own, tableOf(weights, 'decoder')]) !== own) return words;
  return table(graph, weights, own, [rows, width], 'head.weight');
}

function tableOf(weights: Weights, part: 'encoder' | 'decoder'): string {
  return weights.firstOf([`${part}.embed_tokens.weight`, 'shared.weight']);
}
