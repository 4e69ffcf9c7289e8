/** Word, position and token type embeddings, added and normalised. */
import type { GraphBuilder } from './builder.ts';
import { type EncoderConfig, layerNorm } from './encoder.ts';
import { int } from './node.ts';
import { ELEMENT, floatTensor, int64Tensor } from './tensor.ts';
import type { Weights } from './weights.ts';

export interface EmbeddingsConfig extends Pick<EncoderConfig, 'hidden' | 'epsilon'> {
  readonly vocabulary: number;
  /** Rows of the table of positions. */
  readonly positions: number;
  /**
   * Id of the padding, where positions count the tokens that are none, from the id after it: RoBERTa's way.
   * @default - positions count every token, from 0
   */
  readonly paddingIndex?: number;
  /** The token types that the model was trained with. @default - it knows none */
  readonly tokenTypes?: {
    readonly count: number;
    /** The value that says which it is. @default - each token is of the first */
    readonly ids?: string | undefined;
  };
}

/**
 * `ids` [batch, tokens] to [batch, tokens, hidden]. Each table that is looked up is a Gather on a constant, so that it
 * can be quantised.
 */
export function embeddings(
  graph: GraphBuilder,
  weights: Weights,
  config: EmbeddingsConfig,
  ids: string,
): string {
  const { hidden, paddingIndex, tokenTypes } = config;
  const read = (name: string, rows: number) =>
    weights.get(`embeddings.${name}_embeddings.weight`, [rows, hidden]);
  const table = (name: string, rows: number, values = read(name, rows)) =>
    graph.constant(floatTensor(`embeddings/${name}.weight`, [rows, hidden], values));
  const words = graph.op('Gather', [table('word', config.vocabulary), ids], 'embeddings/words');
  const rows = read('position', config.positions);
  if (tokenTypes && tokenTypes.ids === undefined)
    addFirstRow(rows, read('token_type', tokenTypes.count), hidden);
  const positions = table('position', config.positions, rows);
  const located =
    paddingIndex === undefined
      ? firstPositions(graph, positions, ids)
      : graph.op('Gather', [positions, positionIds(graph, ids, paddingIndex)], 'embeddings/positions');
  let sum = graph.op('Add', [words, located], 'embeddings/sum');
  if (tokenTypes?.ids !== undefined) {
    const types = [table('token_type', tokenTypes.count), tokenTypes.ids];
    sum = graph.op('Add', [sum, graph.op('Gather', types, 'embeddings/types')], 'embeddings/sum_with_types');
  }
  return layerNorm(graph, weights, sum, config, 'embeddings.LayerNorm', 'embeddings');
}

/** The first rows of the table, as many as there are tokens: [tokens, hidden]. */
function firstPositions(graph: GraphBuilder, table: string, ids: string): string {
  const tokens = graph.op('Shape', [ids], 'embeddings/tokens', {
    attributes: { start: int(1), end: int(2) },
  });
  const zero = graph.constant(int64Tensor('embeddings/zero', [1], [0]));
  return graph.op('Slice', [table, zero, tokens, zero], 'embeddings/positions');
}

/** `create_position_ids_from_input_ids` of transformers: padding + 1, padding + 2, ..., and padding for padding. */
function positionIds(graph: GraphBuilder, ids: string, padding: number): string {
  const at = 'embeddings/position_ids';
  const paddingId = graph.constant(int64Tensor(`${at}/padding`, [], [padding]));
  const isPadding = graph.op('Equal', [ids, paddingId], `${at}/is_padding`);
  const isToken = graph.op('Cast', [graph.op('Not', [isPadding], `${at}/is_token`)], `${at}/tokens`, {
    attributes: { to: int(ELEMENT.int64) },
  });
  const axis = graph.constant(int64Tensor(`${at}/axis`, [], [1]));
  const counted = graph.op('Mul', [graph.op('CumSum', [isToken, axis], `${at}/count`), isToken], `${at}/own`);
  return graph.op('Add', [counted, paddingId], at);
}

/** Adds the first row of one table to every row of another: what each token gets is added once, here. */
function addFirstRow(target: Float32Array, table: Float32Array, hidden: number): void {
  for (const [index, value] of target.entries()) target[index] = value + (table[index % hidden] ?? 0);
}
