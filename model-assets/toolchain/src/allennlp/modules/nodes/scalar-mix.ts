/** ScalarMix: the sum of several values, weighted by a softmax of learned numbers. */
import type { Mask, Scope } from '../module.ts';
import { TINY, zeroPadding } from './masks.ts';
import { cast, op, scalar, shape, sum, unsqueeze } from './ops.ts';

/**
 * The weights are those of a place, `scalar_parameters.0` and so on times `gamma`; the values are all of one shape. They are normalised
 * first where there is a mask for that: `do_layer_norm`.
 */
export function scalarMix(scope: Scope, values: readonly string[], normBy?: Mask): string {
  const parts = mixWeights(scope, values.length).map((weight, index) => {
    const value = values[index] ?? '';
    const normed = normBy === undefined ? value : normaliseTexts(scope, value, normBy);
    return op(scope, 'Mul', [normed, scalar(scope, weight)]);
  });
  return parts.reduce((sum, part) => op(scope, 'Add', [sum, part]));
}

/** What each of `size` values is multiplied by. */
function mixWeights(scope: Scope, size: number): number[] {
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

/**
 * Makes all numbers of a text have a mean of 0 and a variance of 1: `x` is `[batch, tokens, dim]`. AllenNLP takes those of all texts of a batch
 * together; here a text has what it has alone.
 */
function normaliseTexts(scope: Scope, x: string, mask: Mask): string {
  const tokens = unsqueeze(scope, sum(scope, mask, -1, true), -1);
  const count = op(scope, 'Mul', [tokens, cast(scope, shape(scope, x, -1), 'float32')]);
  const mean = op(scope, 'Div', [total(scope, zeroPadding(scope, x, mask)), count]);
  const centred = op(scope, 'Sub', [x, mean]);
  const inText = zeroPadding(scope, centred, mask);
  const variance = op(scope, 'Div', [total(scope, op(scope, 'Mul', [inText, inText])), count]);
  const deviation = op(scope, 'Sqrt', [op(scope, 'Add', [variance, scalar(scope, TINY)])]);
  return op(scope, 'Div', [centred, deviation]);
}

/** The sum over the tokens and their dimensions, `[batch, 1, 1]`. */
function total(scope: Scope, x: string): string {
  return sum(scope, sum(scope, x, 2, true), 1, true);
}
