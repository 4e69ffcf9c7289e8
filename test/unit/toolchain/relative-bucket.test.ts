import { bucketBothWays, bucketOf } from '@pilotlight/toolchain/internal/graph/relative-bucket';
import { describe, expect, it } from 'vitest';

const DISTANCES = [
  0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 15, 16, 20, 23, 31, 32, 45, 46, 63, 64, 90, 91, 127, 128, 199,
];

/** T5Attention._relative_position_bucket of transformers 4.30.2 for these distances: keys ahead, keys behind, and keys behind in a decoder. */
const BUCKETS = [
  {
    count: 32,
    maxDistance: 128,
    ahead: [
      0, 17, 18, 19, 20, 21, 23, 24, 24, 24, 25, 25, 26, 26, 27, 27, 28, 28, 29, 29, 30, 30, 31, 31, 31, 31,
    ],
    behind: [0, 1, 2, 3, 4, 5, 7, 8, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15, 15, 15],
    causal: [0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 15, 16, 17, 18, 21, 21, 23, 24, 26, 26, 29, 29, 31, 31, 31],
  },
  {
    count: 8,
    maxDistance: 20,
    ahead: [0, 5, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
    behind: [0, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3],
    causal: [0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
  },
  {
    count: 12,
    maxDistance: 100,
    ahead: [0, 7, 8, 9, 9, 9, 9, 9, 9, 10, 10, 10, 10, 10, 10, 10, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11],
    behind: [0, 1, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5],
    causal: [0, 1, 2, 3, 4, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 10, 10, 11, 11, 11, 11, 11, 11, 11],
  },
];

describe('the buckets of distances', () => {
  it.each(BUCKETS)(
    'of $count up to $maxDistance are those of PyTorch',
    ({ ahead, behind, causal, ...buckets }) => {
      expect(DISTANCES.map((distance) => bucketBothWays(distance, buckets))).toEqual(ahead);
      expect(DISTANCES.map((distance) => bucketBothWays(-distance, buckets))).toEqual(behind);
      expect(DISTANCES.map((distance) => bucketOf(distance, buckets))).toEqual(causal);
    },
  );
});
