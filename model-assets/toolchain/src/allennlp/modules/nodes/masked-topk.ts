/** The greatest values of an axis in the order in which they stand there, as AllenNLP's `masked_topk` gives them. */
import { int } from '../../../graph/node.ts';
import type { Scope } from '../module.ts';

/** The indices of the `k` greatest values of the last axis, ascending; `k` is an int64 vector of one number. */
export function topInOrder(scope: Scope, x: string, k: string): string {
  return smallest(scope, greatest(scope, x, k), k);
}

/** The indices of the `k` greatest values of the last axis, the greatest first. */
export function greatest(scope: Scope, x: string, k: string): string {
  const [, indices = ''] = scope.graph.ops('TopK', [x, k], scope.name('TopK'), 2, {
    attributes: { axis: int(-1) },
  });
  return indices;
}

/** The `k` smallest values of the last axis, ascending. */
export function smallest(scope: Scope, x: string, k: string): string {
  const [values = ''] = scope.graph.ops('TopK', [x, k], scope.name('TopK'), 2, {
    attributes: { axis: int(-1), largest: int(0) },
  });
  return values;
}
