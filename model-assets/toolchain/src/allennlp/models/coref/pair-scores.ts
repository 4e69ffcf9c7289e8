/** How well an antecedent fits a mention. */
import { buildModule, type NestedParams } from '../../modules/build.ts';
import type { Scope } from '../../modules/module.ts';
import { mix } from '../../modules/nodes/highway.ts';
import { linear } from '../../modules/nodes/linear.ts';
import { fillPadding, LOWEST, takeRows } from '../../modules/nodes/masks.ts';
import {
  cast,
  concat,
  integers,
  op,
  scalar,
  shape,
  softmax,
  squeeze,
  sum,
  unsqueeze,
} from '../../modules/nodes/ops.ts';
import type { Antecedents } from './antecedents.ts';

/** The least distance of each bucket after the first: 0, 1, 2, 3, 4, 5-7, 8-15, 16-31, 32-63, 64+. */
const BUCKETS = [1, 2, 3, 4, 5, 8, 16, 32, 64];

export interface PairScorer {
  /**
   * Scores of the antecedents of each mention, `[batch, mentions, 1 + antecedents]`: the first is that of having none, 0. `vectors`
   * is `[batch, mentions, dim]`.
   */
  score(vectors: string, antecedents: Antecedents): string;
  /** The vectors of mentions, mixed with those of the antecedents that these scores weigh. */
  refine(vectors: string, antecedents: Antecedents, scores: string): string;
}

export function pairScorer(
  scope: Scope,
  feedforwardParams: NestedParams,
  width: number,
  featureDim: number,
): PairScorer {
  const place = scope.at('_antecedent_feedforward._module');
  const feedforward = buildModule('feedforward', place, feedforwardParams);
  const distanceTable = buildModule('embedding', scope.at('_distance_embedding'), {
    num_embeddings: BUCKETS.length + 1,
    embedding_dim: featureDim,
  });
  return {
    score(vectors, { indices, distances, scores, mask }) {
      const others = takeRows(scope, vectors, indices);
      const own = op(scope, 'Expand', [unsqueeze(scope, vectors, 2), op(scope, 'Shape', [others])]);
      const features = distanceTable.lookUp(bucketDistances(scope, distances));
      const pairs = concat(scope, [own, others, op(scope, 'Mul', [others, own]), features], -1);
      const scored = linear(
        scope.at('_antecedent_scorer._module'),
        feedforward.apply(pairs),
        feedforward.outputDim,
        1,
      );
      const total = op(scope, 'Add', [squeeze(scope, scored, -1), scores]);
      const masked = fillPadding(scope, total, mask, LOWEST);
      const none = op(scope, 'Expand', [
        scalar(scope, 0),
        concat(scope, [shape(scope, vectors, 0, 2), integers(scope, [1])], 0),
      ]);
      return concat(scope, [none, masked], -1);
    },
    refine(vectors, { indices }, scores) {
      const others = takeRows(scope, vectors, indices);
      const candidates = concat(scope, [unsqueeze(scope, vectors, 2), others], 2);
      const weights = unsqueeze(scope, softmax(scope, scores), 2);
      const attended = squeeze(scope, op(scope, 'MatMul', [weights, candidates]), 2);
      const gate = linear(
        scope.at('_span_updating_gated_sum._gate'),
        concat(scope, [vectors, attended], -1),
        2 * width,
        1,
      );
      return mix(scope, op(scope, 'Sigmoid', [gate]), vectors, attended);
    },
  };
}

/** AllenNLP's `bucket_values`, as the number of buckets that begin at the distance or before it. */
function bucketDistances(scope: Scope, distances: string): string {
  const reached = op(scope, 'GreaterOrEqual', [unsqueeze(scope, distances, -1), integers(scope, BUCKETS)]);
  return sum(scope, cast(scope, reached, 'int64'), -1);
}
