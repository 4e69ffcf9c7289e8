/** Sinusoids of positions, for texts of any length. */
import type { Scope } from '../module.ts';
import { cast, concat, constant, integers, op, reshape, unsqueeze } from './ops.ts';
import { range } from './ranges.ts';

/** `add_positional_features` of AllenNLP: half of the dimensions are sines, the other half cosines, of timescales from 1 to 10,000. */
export function addTimescales(scope: Scope, x: string, dim: number): string {
  const half = Math.floor(dim / 2);
  const increment = Math.fround(-Math.log(10_000) / (half - 1));
  const angles = anglesOf(scope, x, half, increment);
  const waves = [op(scope, 'Sin', [angles]), op(scope, 'Cos', [angles])];
  const sinusoids = concat(scope, waves, -1);
  // A dimension without a pair gets nothing.
  const full = dim % 2 === 0 ? sinusoids : op(scope, 'Pad', [sinusoids, integers(scope, [0, 0, 0, 1])]);
  return op(scope, 'Add', [x, full]);
}

/** Sines and cosines by turns, of timescales from 1 to nearly 10,000. */
export function addInterleavedTimescales(scope: Scope, x: string, dim: number): string {
  const half = Math.ceil(dim / 2);
  const angles = anglesOf(scope, x, half, Math.fround((-2 * Math.log(10_000)) / dim));
  const waves = [op(scope, 'Sin', [angles]), op(scope, 'Cos', [angles])];
  const pairs = concat(
    scope,
    waves.map((wave) => unsqueeze(scope, wave, -1)),
    -1,
  );
  return op(scope, 'Add', [x, reshape(scope, pairs, [0, dim])]);
}

/** `[tokens, timescales]`: the position by `exp(index * increment)`, rounded as float32. */
function anglesOf(scope: Scope, x: string, timescales: number, increment: number): string {
  const inverse = Float32Array.from({ length: timescales }, (_, index) =>
    Math.exp(Math.fround(index * increment)),
  );
  return op(scope, 'Mul', [
    unsqueeze(scope, cast(scope, range(scope, x, 1), 'float32'), 1),
    constant(scope, 'timescales', [timescales], inverse),
  ]);
}
