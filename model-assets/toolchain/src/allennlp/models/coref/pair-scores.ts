/** How well an antecedent fits a mention. */
import { buildModule, type NestedParams } from '../../modules/build.ts';
import type { Scope } from '../../modules/module.ts';
import { embedBuckets } from '../../modules/nodes/buckets.ts';
import { linear } from '../../modules/nodes/linear.ts';
import { fillPadding, LOWEST, takeRows } from '../../modules/nodes/masks.ts';
import {
  concat,
  constant,
  integers,
  op,
  scalar,
  shape,
  softmax,
  squeeze,
  unsqueeze,
} from '../../modules/nodes/ops.ts';
import { transpose } from '../../modules/nodes/weights.ts';
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
  const first = firstLayer(scope, feedforward.firstDim, { width, feature }, distances);
  return {
    score(vectors) {
      const hidden = feedforward.continueFrom(first(vectors, indices));
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

/**
 * The first layer on [own; other; own * other; distance] of each pair. It is the sum of a product with each part, so that the parts
 * that are of a mention alone are made once for a mention instead of once for a pair, and no pair has them side by side in memory.
 */
function firstLayer(scope: Scope, outputs: number, { width, feature }: PairDims, distances: string) {
  const place = scope.at('_antecedent_feedforward._module._linear_layers.0');
  const weights = transpose(
    place.tensor('weight', [outputs, 3 * width + feature]),
    outputs,
    3 * width + feature,
  );
  const rows = (start: number, count: number) => weights.subarray(start * outputs, (start + count) * outputs);
  const [ownWeights, otherWeights, productWeights] = ['own', 'other', 'product'].map((part, index) =>
    constant(place, part, [width, outputs], rows(index * width, width)),
  );
  const table = multiply(
    scope.tensor('_distance_embedding.weight', [BUCKETS, feature]),
    rows(3 * width, feature),
    place.tensor('bias', [outputs]),
  );
  const ofDistance = embedBuckets(place, table, BUCKETS, distances);
  return (vectors: string, indices: string): string => {
    const own = op(place, 'MatMul', [vectors, ownWeights ?? '']);
    const other = takeRows(place, op(place, 'MatMul', [vectors, otherWeights ?? '']), indices);
    const both = op(place, 'Mul', [takeRows(place, vectors, indices), unsqueeze(place, vectors, 2)]);
    const parts = [unsqueeze(place, own, 2), other, op(place, 'MatMul', [both, productWeights ?? ''])];
    return parts.reduce((sum, part) => op(place, 'Add', [sum, part]), ofDistance);
  };
}

/** `[rows, inner]` by `[inner, columns]`, plus a bias `[columns]`. */
function multiply(left: Float32Array, right: Float32Array, bias: Float32Array): Float32Array {
  const columns = bias.length;
  const inner = right.length / columns;
  return Float32Array.from({ length: (left.length / inner) * columns }, (_, place) => {
    const [row, column] = [Math.floor(place / columns), place % columns];
    let sum = bias[column] ?? 0;
    for (let index = 0; index < inner; index++) {
      sum += (left[row * inner + index] ?? 0) * (right[index * columns + column] ?? 0);
    }
    return sum;
  });
}
