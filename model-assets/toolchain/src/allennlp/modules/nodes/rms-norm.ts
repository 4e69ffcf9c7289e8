/** The layer normalisation of T5: no mean is taken off, and there is no bias. */
import { int } from '../../../graph/node.ts';
import type { Scope } from '../module.ts';
import { integers, op, scalar } from './ops.ts';

/** `x` `[..., width]` by the tensor `weight` of a place. */
export function rmsNorm(scope: Scope, x: string, width: number, epsilon: number): string {
  const squares = op(scope, 'ReduceMean', [op(scope, 'Mul', [x, x]), integers(scope, [-1])], {
    keepdims: int(1),
  });
  const size = op(scope, 'Sqrt', [op(scope, 'Add', [squares, scalar(scope, epsilon)])]);
  return op(scope, 'Mul', [op(scope, 'Div', [x, size]), scope.weight('weight', [width])]);
}
