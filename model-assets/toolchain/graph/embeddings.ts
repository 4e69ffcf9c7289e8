/** Word, position and token type embeddings, added and normalised. */
import type { GraphBuilder } from './builder.ts';
import { type EncoderConfig, layerNorm } from './encoder.ts';
import { int } from './node.ts';
import { floatTensor, int64Tensor } from './tensor.ts';
import type { Weights } from './weights.ts';

export interface EmbeddingsConfig extends Pick<EncoderConfig, 'hidden' | 'epsilon'> {
  readonly vocabulary: number;
  readonly positions: number;
}

/**
 * `ids` [batch, tokens] to [batch, tokens, hidden]. Positions count from 0 at the first token. Each table that is
 * looked up is a Gather on a constant, so that it can be quantised.
 */
export function embeddings(
  graph: GraphBuilder,
  weights: Weights,
  config: EmbeddingsConfig,
  ids: string,
  tokenTypes?: { readonly ids: string; readonly count: number },
): string {
  const { hidden } = config;
  const table = (name: string, rows: number) => {
    const values = weights.get(`embeddings.${name}_embeddings.weight`, [rows, hidden]);
    return graph.constant(floatTensor(`embeddings/${name}.weight`, [rows, hidden], values));
  };
  const words = graph.op('Gather', [table('word', config.vocabulary), ids], 'embeddings/words');
  const tokens = graph.op('Shape', [ids], 'embeddings/tokens', {
    attributes: { start: int(1), end: int(2) },
  });
  const zero = graph.constant(int64Tensor('embeddings/zero', [1], [0]));
  const positions = graph.op(
    'Slice',
    [table('position', config.positions), zero, tokens, zero],
    'embeddings/positions',
  );
  let sum = graph.op('Add', [words, positions], 'embeddings/sum');
  if (tokenTypes) {
    const types = graph.op(
      'Gather',
      [table('token_type', tokenTypes.count), tokenTypes.ids],
      'embeddings/types',
    );
    sum = graph.op('Add', [sum, types], 'embeddings/sum_with_types');
  }
  return layerNorm(graph, weights, sum, config, 'embeddings.LayerNorm', 'embeddings');
}
