/** TimeDistributed: the axes before the last ones become one, and are put back. */
import type { Scope } from '../module.ts';
import { concat, integers, op, shape } from './ops.ts';

/** Makes one axis of all but the last `kept` ones. */
export function flattenRows(scope: Scope, x: string, kept: number): string {
  const dims = concat(scope, [integers(scope, [-1]), shape(scope, x, -kept)], 0);
  return op(scope, 'Reshape', [x, dims]);
}

/** Puts back the axes that `flattenRows` made one of `original`, before `dims`, the others that `x` has. */
export function unflattenRows(
  scope: Scope,
  x: string,
  original: string,
  kept: number,
  dims: readonly number[],
): string {
  const full = concat(scope, [shape(scope, original, 0, -kept), integers(scope, dims)], 0);
  return op(scope, 'Reshape', [x, full]);
}
