/** What T5 adds to the scores of a decoder for the distance between two tokens: a number for each head and bucket of distances. */
import { rowsByDistance } from '../../../graph/attention-bias.ts';
import { int, ints } from '../../../graph/node.ts';
import { type Buckets, bucketOf } from '../../../graph/relative-bucket.ts';
import { floatTensor, int64Tensor } from '../../../graph/tensor.ts';
import type { StepGraph } from '../step/step-graph.ts';

/**
 * The bias of a step graph, with what its tokens see: [b, heads, n, n + S], out of the learned `table` [buckets, heads]. Entries that nobody
 * has filled yet may have any time.
 */
export function distanceBias(step: StepGraph, table: Float32Array, buckets: Buckets): string {
  const at = 'distances';
  const { graph } = step;
  const { maxDistance: farthest } = buckets;
  const rows = farthest + 1;
  const byDistance = rowsByDistance(table, rows, buckets.count, (row) => bucketOf(row, buckets));
  const weight = graph.constant(floatTensor(`${at}.weight`, [rows, byDistance.length / rows], byDistance));
  const scalar = (name: string, value: number) => graph.constant(int64Tensor(`${at}/${name}`, [], [value]));
  const [own = ''] = graph.ops('Split', [step.times, step.sizes], `${at}/times`, 2, {
    attributes: { axis: int(1) },
  });
  const queries = graph.op('Unsqueeze', [own, step.integers([2])], `${at}/queries`);
  const keys = graph.op('Unsqueeze', [step.times, step.integers([1])], `${at}/keys`);
  const passed = graph.op('Sub', [queries, keys], `${at}/passed`);
  const index = graph.op('Clip', [passed, scalar('zero', 0), scalar('farthest', farthest)], `${at}/index`);
  const found = graph.op('Gather', [weight, index], `${at}/values`);
  const byHead = graph.op('Transpose', [found], `${at}/by_head`, {
    attributes: { perm: ints([0, 3, 1, 2]) },
  });
  return graph.op('Add', [byHead, step.mask({ windowed: false })], `${at}/bias`);
}
