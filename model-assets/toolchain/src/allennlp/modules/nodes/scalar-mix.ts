/** ScalarMix: the sum of several values, weighted by a softmax of learned numbers. */
import type { Scope } from '../module.ts';
import { op, scalar } from './ops.ts';

/** The weights are those of a place, `scalar_parameters.0` and so on times `gamma`; the values are all of one shape. */
export function scalarMix(scope: Scope, values: readonly string[]): string {
  const parts = mixWeights(scope, values.length).map((weight, index) =>
    op(scope, 'Mul', [values[index] ?? '', scalar(scope, weight)]),
  );
  return parts.reduce((sum, part) => op(scope, 'Add', [sum, part]));
}

/** What each of `size` values is multiplied by. */
export function mixWeights(scope: Scope, size: number): number[] {
  const scores = Array.from(
    { length: size },
    (_, index) => scope.tensor(`scalar_parameters.${index}`, [1])[0] ?? 0,
  );
  const gamma = scope.tensor('gamma', [1])[0] ?? 1;
  const greatest = Math.max(...scores);
  const exponentials = scores.map((score) => Math.exp(score - greatest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value) => (gamma * value) / total);
}
