/** AllenNLP's buckets of distances and widths: 0 to 4 each by itself, then 5-7, 8-15, 16-31 and so on. */
import { int } from '../../../graph/node.ts';
import type { Scope } from '../module.ts';
import { constant, integer, op } from './ops.ts';

const ALONE = 4;
/** Distances from here on have a bucket of their own only in a table of more than 20 buckets; no text is as long. */
const FARTHEST = 2 ** 16;

/** The bucket of a distance. `floor(log2(distance)) + 3` where it has none by itself. */
export function bucketOf(distance: number, buckets: number): number {
  if (distance <= ALONE) return Math.min(Math.max(distance, 0), buckets - 1);
  return Math.min(Math.floor(Math.log2(distance)) + ALONE - 1, buckets - 1);
}

/** The first distance of the last bucket. */
function lastBucketFrom(buckets: number): number {
  if (buckets <= ALONE + 1) return buckets - 1;
  // The bucket after the ones alone, 5, begins with 5 instead of 4.
  return buckets === ALONE + 2 ? ALONE + 1 : Math.min(2 ** (buckets - ALONE), FARTHEST);
}

/** The rows of a table `[buckets, dim]` for distances, int64 of any shape: `[..., dim]`. */
export function embedBuckets(scope: Scope, table: Float32Array, buckets: number, distances: string): string {
  const dim = table.length / buckets;
  const last = lastBucketFrom(buckets);
  const byDistance = new Float32Array((last + 1) * dim);
  for (let distance = 0; distance <= last; distance++) {
    const bucket = bucketOf(distance, buckets);
    byDistance.set(table.subarray(bucket * dim, (bucket + 1) * dim), distance * dim);
  }
  const nearest = op(scope, 'Min', [op(scope, 'Max', [distances, integer(scope, 0)]), integer(scope, last)]);
  return op(scope, 'Gather', [constant(scope, 'buckets', [last + 1, dim], byDistance), nearest], {
    axis: int(0),
  });
}
