/** One step of torch.nn.LSTMCell, or of a layer of torch.nn.LSTM, over rows that each have a state of their own. */
import { int } from '../../../graph/node.ts';
import type { Scope } from '../module.ts';
import { concat, constant, op } from './ops.ts';
import { transpose } from './weights.ts';

export interface LstmState {
  /** `[rows, dim]` */
  readonly hidden: string;
  /** `[rows, dim]` */
  readonly context: string;
}

/**
 * `x` `[rows, inputs]` and the state before it to the state after it. Tensors of the place end in `suffix`: `weight_ih_l1`. It is one
 * product, of the input and the hidden state side by side, as the quantiser expects it.
 */
export function lstmCell(
  scope: Scope,
  x: string,
  { hidden, context }: LstmState,
  { inputs, dim, suffix = '' }: { readonly inputs: number; readonly dim: number; readonly suffix?: string },
): LstmState {
  const matrix = new Float32Array((inputs + dim) * 4 * dim);
  matrix.set(transpose(scope.tensor(`weight_ih${suffix}`, [4 * dim, inputs]), 4 * dim, inputs));
  matrix.set(transpose(scope.tensor(`weight_hh${suffix}`, [4 * dim, dim]), 4 * dim, dim), inputs * 4 * dim);
  const ofState = scope.tensor(`bias_hh${suffix}`, [4 * dim]);
  const bias = scope
    .tensor(`bias_ih${suffix}`, [4 * dim])
    .map((value, index) => value + (ofState[index] ?? 0));
  const product = op(scope, 'MatMul', [
    concat(scope, [x, hidden], -1),
    constant(scope, `weight${suffix}`, [inputs + dim, 4 * dim], matrix),
  ]);
  const gates = op(scope, 'Add', [product, constant(scope, `bias${suffix}`, [4 * dim], bias)]);
  const [input = '', forget = '', cell = '', output = ''] = scope.graph.ops(
    'Split',
    [gates],
    scope.name('gates'),
    4,
    { attributes: { axis: int(-1), num_outputs: int(4) } },
  );
  const kept = op(scope, 'Mul', [op(scope, 'Sigmoid', [forget]), context]);
  const added = op(scope, 'Mul', [op(scope, 'Sigmoid', [input]), op(scope, 'Tanh', [cell])]);
  const next = op(scope, 'Add', [kept, added]);
  return {
    hidden: op(scope, 'Mul', [op(scope, 'Sigmoid', [output]), op(scope, 'Tanh', [next])]),
    context: next,
  };
}
