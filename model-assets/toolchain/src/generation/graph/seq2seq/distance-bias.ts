/** What T5 adds to the scores of attention for the distance between two tokens: a number for each head and bucket of distances. */
import type { GraphBuilder } from '../../../graph/builder.ts';
import { int, ints } from '../../../graph/node.ts';
import { type Buckets, bucketBothWays, bucketOf } from '../../../graph/relative-bucket.ts';
import { floatTensor, int64Tensor } from '../../../graph/tensor.ts';
import type { StepGraph } from '../step/step-graph.ts';

/** The bias of an encoder, [1, heads, E, E], of the learned `table` [buckets, heads], for `ids` [b, E]. */
export function sourceBias(graph: GraphBuilder, table: Float32Array, buckets: Buckets, ids: string): string {
  const at = 'distances';
  const { count, maxDistance: farthest } = buckets;
  const heads = table.length / count;
  const distances = 2 * farthest + 1;
  const values = new Float32Array(heads * distances);
  for (let index = 0; index < distances; index++) {
    const bucket = bucketBothWays(index - farthest, buckets);
    for (let head = 0; head < heads; head++)
      values[head * distances + index] = table[bucket * heads + head] ?? 0;
  }
  const byDistance = graph.constant(floatTensor(`${at}/values`, [heads, distances], values));
  const number = (name: string, value: number) => graph.constant(int64Tensor(`${at}/${name}`, [], [value]));
  const axis = (value: number) => graph.constant(int64Tensor(`${at}/axis_${value}`, [1], [value]));
  const [zero, first] = [number('zero', 0), axis(0)];
  const length = graph.op('Shape', [ids], `${at}/length`, { attributes: { start: int(1), end: int(2) } });
  const tokens = graph.op('Squeeze', [length, first], `${at}/tokens`);
  const keys = graph.op('Range', [zero, tokens, number('one', 1)], `${at}/keys`);
  const queries = graph.op('Unsqueeze', [keys, axis(1)], `${at}/queries`);
  const relative = graph.op('Sub', [keys, queries], `${at}/relative`);
  const moved = graph.op('Add', [relative, number('farthest', farthest)], `${at}/moved`);
  const index = graph.op('Clip', [moved, zero, number('last', 2 * farthest)], `${at}/index`);
  const found = graph.op('Gather', [byDistance, index], `${at}/found`, { attributes: { axis: int(1) } });
  return graph.op('Unsqueeze', [found, first], `${at}/bias`);
}

/**
 * The bias of a step graph, with what its tokens see: [b, heads, n, n + S]. The learned `table` is [buckets, heads]. Entries that nobody has
 * filled yet may have any time.
 */
export function runBias(step: StepGraph, table: Float32Array, buckets: Buckets): string {
  const at = 'distances';
  const { graph } = step;
  const { count, maxDistance: farthest } = buckets;
  const heads = table.length / count;
  const values = new Float32Array((farthest + 1) * heads);
  for (let distance = 0; distance <= farthest; distance++) {
    const bucket = bucketOf(distance, buckets);
    values.set(table.subarray(bucket * heads, (bucket + 1) * heads), distance * heads);
  }
  const byDistance = graph.constant(floatTensor(`${at}/values`, [farthest + 1, heads], values));
  const number = (name: string, value: number) => graph.constant(int64Tensor(`${at}/${name}`, [], [value]));
  const [own = ''] = graph.ops('Split', [step.times, step.sizes], `${at}/times`, 2, {
    attributes: { axis: int(1) },
  });
  const queries = graph.op('Unsqueeze', [own, step.integers([2])], `${at}/queries`);
  const keys = graph.op('Unsqueeze', [step.times, step.integers([1])], `${at}/keys`);
  const passed = graph.op('Sub', [queries, keys], `${at}/passed`);
  const index = graph.op('Clip', [passed, number('zero', 0), number('farthest', farthest)], `${at}/index`);
  const found = graph.op('Gather', [byDistance, index], `${at}/found`);
  const byHead = graph.op('Transpose', [found], `${at}/by_head`, {
    attributes: { perm: ints([0, 3, 1, 2]) },
  });
  return graph.op('Add', [byHead, step.mask({ windowed: false })], `${at}/bias`);
}
