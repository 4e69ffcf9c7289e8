/** What T5 adds to the scores of attention for the distance between two tokens: a number for each head and bucket of distances. */
import { rowsByDistance } from '../../../graph/attention-bias.ts';
import { int, ints } from '../../../graph/node.ts';
import { bucketBothWays, bucketOf } from '../../../graph/relative-bucket.ts';
import type { Scope } from '../module.ts';
import { concat, constant, integer, op, shape, squeeze, unsqueeze } from '../nodes/ops.ts';
import type { StepGraph } from './step.ts';

/** From here on, all distances are in one bucket. AllenNLP knows no other number. */
const MAX_DISTANCE = 128;

/** The bias of encoders, for tokens on both sides: `[1, heads, tokens, tokens]` for `ids` `[batch, tokens]`. */
export function distanceBias(scope: Scope, ids: string, heads: number, buckets: number): string {
  const table = biasTable(scope, heads, buckets, 2 * MAX_DISTANCE + 1, (row) =>
    bucketBothWays(row - MAX_DISTANCE, { count: buckets, maxDistance: MAX_DISTANCE }),
  );
  const count = squeeze(scope, shape(scope, ids, 1, 2), 0);
  const places = op(scope, 'Range', [integer(scope, 0), count, integer(scope, 1)]);
  const distances = op(scope, 'Sub', [unsqueeze(scope, places, 0), unsqueeze(scope, places, 1)]);
  const rows = op(scope, 'Add', [
    op(scope, 'Clip', [distances, integer(scope, -MAX_DISTANCE), integer(scope, MAX_DISTANCE)]),
    integer(scope, MAX_DISTANCE),
  ]);
  const found = op(scope, 'Gather', [table, rows], { axis: int(0) });
  return unsqueeze(scope, op(scope, 'Transpose', [found], { perm: ints([2, 0, 1]) }), 0);
}

/** The bias of decoders and what beams see of the steps, together: `[inputs, heads, beams, beams + entries]`. */
export function stepBias(scope: Scope, step: StepGraph, heads: number, buckets: number): string {
  const table = biasTable(scope, heads, buckets, MAX_DISTANCE + 1, (row) =>
    bucketOf(row, { count: buckets, maxDistance: MAX_DISTANCE }),
  );
  // Entries of this step are at distance 0. Room that is not filled yet may be at any.
  const now = op(scope, 'Expand', [step.number, shape(scope, step.last, 1, 2)]);
  const distances = op(scope, 'Sub', [step.number, concat(scope, [now, step.entrySteps], 0)]);
  const rows = op(scope, 'Clip', [distances, integer(scope, 0), integer(scope, MAX_DISTANCE)]);
  const found = op(scope, 'Gather', [table, rows], { axis: int(0) });
  const turned = op(scope, 'Transpose', [found], { perm: ints([1, 0]) });
  return op(scope, 'Add', [step.visible, unsqueeze(scope, turned, 0, 2)]);
}

/** A row for each distance: `[distances, heads]`. */
function biasTable(
  scope: Scope,
  heads: number,
  buckets: number,
  distances: number,
  bucketOfRow: (row: number) => number,
): string {
  const weight = scope.tensor('relative_attention_bias.weight', [buckets, heads]);
  const rows = rowsByDistance(weight, distances, buckets, bucketOfRow);
  return constant(scope, 'distances', [distances, heads], rows);
}
