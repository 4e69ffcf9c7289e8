/** The relative attention bias of MPNet: a value for each head and each bucket of distances. */
import type { GraphBuilder } from './builder.ts';
import { int } from './node.ts';
import { bucketBothWays } from './relative-bucket.ts';
import { floatTensor, int64Tensor } from './tensor.ts';

/** Distances from here on are all in the last bucket. */
const MAXIMUM_DISTANCE = 128;

/**
 * Computes the bias that is added to the scores of every layer, [1, heads, tokens, tokens], out of the learned `table` [buckets, heads].
 * The buckets are looked up here: the graph reads a value for each head and each distance that there can be.
 */
export function attentionBias(
  graph: GraphBuilder,
  table: Float32Array,
  { buckets, maxTokens }: { readonly buckets: number; readonly maxTokens: number },
  ids: string,
): string {
  const at = 'attention_bias';
  const heads = table.length / buckets;
  const distances = 2 * maxTokens - 1;
  const values = new Float32Array(heads * distances);
  for (let head = 0; head < heads; head++) {
    for (let index = 0; index < distances; index++) {
      const relative = index - (maxTokens - 1);
      const bucket = bucketBothWays(relative, { count: buckets, maxDistance: MAXIMUM_DISTANCE });
      values[head * distances + index] = table[bucket * heads + head] ?? 0;
    }
  }
  const byDistance = graph.constant(floatTensor(`${at}.weight`, [heads, distances], values));
  const scalar = (name: string, value: number) => graph.constant(int64Tensor(`${at}/${name}`, [], [value]));
  const axis = (value: number) => graph.constant(int64Tensor(`${at}/axis_${value}`, [1], [value]));
  const first = axis(0);
  const length = graph.op('Shape', [ids], `${at}/length`, { attributes: { start: int(1), end: int(2) } });
  const tokens = graph.op('Squeeze', [length, first], `${at}/tokens`);
  const positions = graph.op('Range', [scalar('first', 0), tokens, scalar('step', 1)], `${at}/positions`);
  const queries = graph.op('Unsqueeze', [positions, axis(1)], `${at}/queries`);
  const distance = graph.op('Sub', [positions, queries], `${at}/distance`);
  const index = graph.op('Add', [distance, scalar('longest', maxTokens - 1)], `${at}/index`);
  const biases = graph.op('Gather', [byDistance, index], `${at}/values`, { attributes: { axis: int(1) } });
  return graph.op('Unsqueeze', [biases, first], at);
}
