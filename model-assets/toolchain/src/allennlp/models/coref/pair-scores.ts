/** How well an antecedent fits a mention. */
import { buildModule, type NestedParams } from '../../modules/build.ts';
import type { Scope } from '../../modules/module.ts';
import { embedBuckets } from '../../modules/nodes/buckets.ts';
import { linear } from '../../modules/nodes/linear.ts';
import { fillPadding, LOWEST, takeRows } from '../../modules/nodes/masks.ts';
import { concat, integers, op, scalar, shape, softmax, squeeze, unsqueeze } from '../../modules/nodes/ops.ts';
import type { Antecedents } from './antecedents.ts';

const BUCKETS = 10;

/** Scores the same pairs by the vectors of the mentions, `[batch, mentions, dim]`, which higher orders change. */
export interface PairScorer {
  /** `[batch, mentions, 1 + antecedents]`: the first score is that of having no antecedent, 0. */
  score(vectors: string): string;
  /** The vectors, mixed with those of the antecedents as the scores weigh them. */
  refine(vectors: string, scores: string): string;
}

export interface PairDims {
  /** Of the vector of a mention. */
  readonly width: number;
  /** Of what is known of the distance of a pair. */
  readonly feature: number;
}

export function pairScorer(
  scope: Scope,
  feedforwardParams: NestedParams,
  { indices, distances, scores: coarseScores, mask }: Antecedents,
  { width, feature }: PairDims,
): PairScorer {
  const feedforward = buildModule(
    'feedforward',
    scope.at('_antecedent_feedforward._module'),
    feedforwardParams,
  );
  const table = scope.tensor('_distance_embedding.weight', [BUCKETS, feature]);
  const features = embedBuckets(scope, table, BUCKETS, distances);
  return {
    score(vectors) {
      const others = takeRows(scope, vectors, indices);
      const own = op(scope, 'Expand', [unsqueeze(scope, vectors, 2), op(scope, 'Shape', [others])]);
      const pairs = concat(scope, [own, others, op(scope, 'Mul', [others, own]), features], -1);
      const hidden = feedforward.apply(pairs);
      const fine = linear(scope.at('_antecedent_scorer._module'), hidden, feedforward.outputDim, 1);
      const total = op(scope, 'Add', [squeeze(scope, fine, -1), coarseScores]);
      const mentions = concat(scope, [shape(scope, vectors, 0, 2), integers(scope, [1])], 0);
      const none = op(scope, 'Expand', [scalar(scope, 0), mentions]);
      return concat(scope, [none, fillPadding(scope, total, mask, LOWEST)], -1);
    },
    refine(vectors, scores) {
      const candidates = concat(scope, [unsqueeze(scope, vectors, 2), takeRows(scope, vectors, indices)], 2);
      const weights = unsqueeze(scope, softmax(scope, scores), 2);
      const attended = squeeze(scope, op(scope, 'MatMul', [weights, candidates]), 2);
      const both = concat(scope, [vectors, attended], -1);
      const gate = op(scope, 'Sigmoid', [
        linear(scope.at('_span_updating_gated_sum._gate'), both, 2 * width, 1),
      ]);
      // gate * own + (1 - gate) * attended
      const difference = op(scope, 'Sub', [vectors, attended]);
      return op(scope, 'Add', [attended, op(scope, 'Mul', [gate, difference])]);
    },
  };
}
