/** The buckets of distances between tokens, by which T5 and its relatives add a learned number to the scores of attention. */

export interface Buckets {
  /** Of both directions together, where both are told apart. */
  readonly count: number;
  /** Distances from here on are all in the last bucket. */
  readonly maxDistance: number;
}

/**
 * `_relative_position_bucket` of transformers for a distance of 0 or more, in one direction: a bucket for each of the nearest distances,
 * then by the logarithm of the distance. Rounded to float32 as PyTorch rounds, since whole logarithms are the borders of buckets.
 */
export function bucketOf(distance: number, { count, maxDistance }: Buckets): number {
  const exact = Math.floor(count / 2);
  if (distance < exact) return distance;
  const logarithm = Math.fround(Math.log(Math.fround(distance / exact)));
  const share = Math.fround(logarithm / Math.fround(Math.log(maxDistance / exact)));
  return Math.min(exact + Math.trunc(Math.fround(share * (count - exact))), count - 1);
}

/** The same in both directions: the second half of the buckets is for keys after the query. `relative` is the key's position minus the query's. */
export function bucketBothWays(relative: number, { count, maxDistance }: Buckets): number {
  const half = Math.floor(count / 2);
  return bucketOf(Math.abs(relative), { count: half, maxDistance }) + (relative > 0 ? half : 0);
}
