/** `add_positional_features`: sinusoids of the positions, as in "Attention Is All You Need" (arXiv:1706.03762). */
import { ToolchainError } from '../../../errors.ts';
import type { Scope } from '../module.ts';
import { cast, concat, constant, integers, op, unsqueeze } from './ops.ts';
import { range } from './ranges.ts';

const SLOWEST = 1e4;

/** Adds sines in the first half of the axis and cosines in the second to `x` `[batch, tokens, width]`. */
export function addPositionalFeatures(scope: Scope, x: string, width: number): string {
  const frequencies = Math.floor(width / 2);
  if (frequencies < 2) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `${scope.path} has ${width} dimensions, too few for positional features.`,
    );
  }
  const step = Math.fround(Math.log(SLOWEST) / (frequencies - 1));
  const each = scope.once(`${frequencies} frequencies`, () => {
    const values = Float32Array.from({ length: frequencies }, (_, index) =>
      Math.exp(Math.fround(-index * step)),
    );
    return constant(scope, 'frequencies', [1, frequencies], values);
  });
  const positions = unsqueeze(scope, cast(scope, range(scope, x, 1), 'float32'), 1);
  const angles = op(scope, 'Mul', [positions, each]);
  const waves = concat(scope, [op(scope, 'Sin', [angles]), op(scope, 'Cos', [angles])], 1);
  return op(scope, 'Add', [
    x,
    width % 2 === 0 ? waves : op(scope, 'Pad', [waves, integers(scope, [0, 0, 0, 1])]),
  ]);
}
