/** The earlier mentions that are looked at as antecedents of each mention. */
import { int, ints } from '../../../graph/node.ts';
import type { Mask, Scope } from '../../modules/module.ts';
import { linear } from '../../modules/nodes/linear.ts';
import { topInOrder } from '../../modules/nodes/masked-topk.ts';
import { LOWEST, takeRows } from '../../modules/nodes/masks.ts';
import { cast, integer, integers, op, scalar, shape, unsqueeze } from '../../modules/nodes/ops.ts';
import { range, rangeTo } from '../../modules/nodes/ranges.ts';
import type { Spans } from './kept-spans.ts';

/** All are `[batch, mentions, antecedents]`. */
export interface Antecedents {
  /** Indices among the mentions, int64. */
  readonly indices: string;
  /** Mentions between, one more: int64; 0 or less where there is no such mention. */
  readonly distances: string;
  /** The scores of both mentions, and of the pair where it has one. */
  readonly scores: string;
  readonly mask: Mask;
}

/** The nearest `most` mentions, the nearest first. Index 0 stands for those before the first. */
export function nearestAntecedents(scope: Scope, mentions: Spans, most: number): Antecedents {
  const places = range(scope, mentions.scores, 1);
  const columns = rangeTo(scope, atMost(scope, mentions.scores, most));
  const steps = op(scope, 'Add', [columns, integer(scope, 1)]);
  const raw = op(scope, 'Sub', [unsqueeze(scope, places, 1), steps]);
  const pairs = op(scope, 'Concat', [shape(scope, mentions.scores, 0, 1), op(scope, 'Shape', [raw])], {
    axis: int(0),
  });
  const spread = (x: string) => op(scope, 'Expand', [x, pairs]);
  const indices = spread(op(scope, 'Max', [raw, integer(scope, 0)]));
  return {
    indices,
    distances: spread(steps),
    scores: op(scope, 'Add', [
      unsqueeze(scope, mentions.scores, -1),
      takeRows(scope, mentions.scores, indices),
    ]),
    mask: spread(cast(scope, op(scope, 'GreaterOrEqual', [raw, integer(scope, 0)]), 'float32')),
  };
}

/** The best `most` of all earlier mentions by a bilinear score of the pair (arXiv:1804.05392), in the order of the document. */
export function bestAntecedents(scope: Scope, mentions: Spans, width: number, most: number): Antecedents {
  const other = linear(scope.at('_coarse2fine_scorer'), mentions.vectors, width, width);
  const pairScores = op(scope, 'MatMul', [
    mentions.vectors,
    op(scope, 'Transpose', [other], { perm: ints([0, 2, 1]) }),
  ]);
  const own = op(scope, 'Add', [unsqueeze(scope, mentions.scores, 1), unsqueeze(scope, mentions.scores, 2)]);
  const places = range(scope, mentions.scores, 1);
  const column = unsqueeze(scope, places, 1);
  const isEarlier = op(scope, 'Less', [places, column]);
  const scores = op(scope, 'Where', [isEarlier, op(scope, 'Add', [own, pairScores]), scalar(scope, LOWEST)]);
  const indices = topInOrder(scope, scores, atMost(scope, mentions.scores, most));
  const distances = op(scope, 'Sub', [column, indices]);
  return {
    indices,
    distances,
    scores: op(scope, 'GatherElements', [scores, indices], { axis: int(2) }),
    mask: cast(scope, op(scope, 'Greater', [distances, integer(scope, 0)]), 'float32'),
  };
}

/** How many antecedents there can be: `most`, or as many as there are mentions. */
function atMost(scope: Scope, scores: string, most: number): string {
  return op(scope, 'Min', [integers(scope, [most]), shape(scope, scores, 1)]);
}
