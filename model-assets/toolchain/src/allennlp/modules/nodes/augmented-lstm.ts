/**
 * AllenNLP's AugmentedLstm: an LSTM whose output a highway gate may mix with a projection of the input. Without a highway it is
 * the LSTM of ONNX. With one it is a Scan, in which the directions of a layer run side by side.
 */
import { int, ints, string } from '../../../graph/node.ts';
import type { Mask, Scope } from '../module.ts';
import { type AugmentedShape, type Direction, readCell } from './augmented-cell.ts';
import { scanDirections } from './highway-scan.ts';
import { lastTokens, lengths, zeroPadding } from './masks.ts';
import { concat, constant, integer, op, slice, squeeze } from './ops.ts';
import type { Encoded } from './torch-rnn.ts';
import { join } from './weights.ts';

/** Runs one layer over `x` `[batch, tokens, inputs]`; the directions stand side by side in what it gives. */
export function runAugmentedLstm(
  scope: Scope,
  directions: readonly Direction[],
  layer: AugmentedShape,
  x: string,
  mask: Mask,
): Encoded {
  const timeFirst = op(scope, 'Transpose', [x], { perm: ints([1, 0, 2]) });
  const states = layer.highway
    ? scanDirections(scope, directions, layer, timeFirst, mask)
    : directions.map((direction) => plainLstm(direction, layer, timeFirst, mask));
  const padded = op(scope, 'Transpose', [concat(scope, states, -1)], { perm: ints([1, 0, 2]) });
  const sequence = zeroPadding(scope, padded, mask);
  const ends = directions.map(({ isReverse }, index) => {
    const start = index * layer.hidden;
    const part = directions.length === 1 ? sequence : slice(scope, sequence, 2, start, start + layer.hidden);
    return isReverse
      ? op(scope, 'Gather', [part, integer(scope, 0)], { axis: int(1) })
      : lastTokens(scope, part, mask);
  });
  return { sequence, final: concat(scope, ends, -1) };
}

/** `[tokens, batch, inputs]` to `[tokens, batch, hidden]` by the operator. */
function plainLstm({ scope, isReverse }: Direction, layer: AugmentedShape, x: string, mask: Mask): string {
  const { hidden } = layer;
  // AllenNLP: input, forget, cell, output; ONNX: input, output, forget, cell.
  const { input, state, bias } = readCell(scope, layer, [0, 3, 1, 2]);
  const rows = 4 * hidden;
  const noBias = new Float32Array(rows);
  const values = [
    x,
    constant(scope, 'W', [1, rows, layer.inputs], input),
    constant(scope, 'R', [1, rows, hidden], state),
    constant(scope, 'B', [1, 2 * rows], join([bias, noBias])),
    lengths(scope, mask),
  ];
  const [states = ''] = scope.graph.ops('LSTM', values, scope.name('LSTM'), 1, {
    attributes: { hidden_size: int(hidden), direction: string(isReverse ? 'reverse' : 'forward') },
  });
  return squeeze(scope, states, 1);
}
