/** torch.nn.LSTM, GRU and RNN over padded batches, by the operators of ONNX, which stop at the end of each row. */
import { int, ints, string, strings } from '../../../graph/node.ts';
import type { Mask, Scope } from '../module.ts';
import { lengths } from './masks.ts';
import { type Attributes, constant, op, reshape, squeeze } from './ops.ts';
import { join, reorder } from './weights.ts';

export type RecurrentKind = 'lstm' | 'gru' | 'rnn';

export interface RecurrentShape {
  readonly input_size: number;
  readonly hidden_size: number;
  readonly num_layers: number;
  readonly bias: boolean;
  readonly bidirectional: boolean;
  readonly nonlinearity?: 'tanh' | 'relu';
}

interface Operator {
  readonly opType: string;
  /** For each gate of ONNX, the number of it in torch. */
  readonly gates: readonly number[];
  readonly attributes: Attributes;
}

const OPERATORS: Readonly<Record<RecurrentKind, Operator>> = {
  // torch: input, forget, cell, output; ONNX: input, output, forget, cell.
  lstm: { opType: 'LSTM', gates: [0, 3, 1, 2], attributes: {} },
  // torch: reset, update, new; ONNX: update, reset, hidden. torch applies the reset gate to the product with the state.
  gru: { opType: 'GRU', gates: [1, 0, 2], attributes: { linear_before_reset: int(1) } },
  rnn: { opType: 'RNN', gates: [0], attributes: {} },
};

const RNN_ACTIVATIONS = { tanh: 'Tanh', relu: 'Relu' } as const;

/** What the layers make of a batch, both directions side by side. */
export interface Encoded {
  /** `[batch, tokens, directions * hidden]`, zeros in the padding */
  readonly sequence: string;
  /** The last states of the uppermost layer, `[batch, directions * hidden]`; zeros for a row without tokens. */
  readonly final: string;
}

/** Runs the layers over `x` `[batch, tokens, inputs]`; their tensors are at the place under torch's names: `weight_ih_l0`. */
export function runTorchRnn(
  scope: Scope,
  kind: RecurrentKind,
  shape: RecurrentShape,
  x: string,
  mask: Mask,
): Encoded {
  const width = shape.hidden_size * (shape.bidirectional ? 2 : 1);
  let sequence = op(scope, 'Transpose', [x], { perm: ints([1, 0, 2]) });
  let final = '';
  for (let layer = 0; layer < shape.num_layers; layer++) {
    const inputs = layer === 0 ? shape.input_size : width;
    const [states, last] = runLayer(scope, kind, shape, layer, inputs, sequence, mask);
    sequence = joinDirections(scope, states, shape);
    final = last;
  }
  const byRow = op(scope, 'Transpose', [final], { perm: ints([1, 0, 2]) });
  return {
    sequence: op(scope, 'Transpose', [sequence], { perm: ints([1, 0, 2]) }),
    final: reshape(scope, byRow, [-1, width]),
  };
}

/** Gives the states `[tokens, directions, batch, hidden]` and the last ones `[directions, batch, hidden]`. */
function runLayer(
  scope: Scope,
  kind: RecurrentKind,
  shape: RecurrentShape,
  layer: number,
  inputs: number,
  x: string,
  mask: Mask,
): [string, string] {
  const { opType, gates, attributes } = OPERATORS[kind];
  const { hidden_size: hidden, bias, bidirectional, nonlinearity = 'tanh' } = shape;
  const suffixes = bidirectional ? [`l${layer}`, `l${layer}_reverse`] : [`l${layer}`];
  const rows = gates.length * hidden;
  const weights = (name: string, columns: number) =>
    join(suffixes.map((suffix) => reorder(scope.tensor(`${name}_${suffix}`, [rows, columns]), gates)));
  const biases = () =>
    join(
      suffixes.flatMap((suffix) =>
        ['bias_ih', 'bias_hh'].map((name) => reorder(scope.tensor(`${name}_${suffix}`, [rows]), gates)),
      ),
    );
  const directions = suffixes.length;
  const name = `${opType}_l${layer}`;
  const values = [
    x,
    constant(scope, `${name}/W`, [directions, rows, inputs], weights('weight_ih', inputs)),
    constant(scope, `${name}/R`, [directions, rows, hidden], weights('weight_hh', hidden)),
    bias ? constant(scope, `${name}/B`, [directions, 2 * rows], biases()) : '',
    lengths(scope, mask),
  ];
  const outputs = scope.graph.ops(opType, values, scope.name(name), 2, {
    attributes: {
      ...attributes,
      ...(kind === 'rnn' ? { activations: strings(suffixes.map(() => RNN_ACTIVATIONS[nonlinearity])) } : {}),
      hidden_size: int(hidden),
      direction: string(bidirectional ? 'bidirectional' : 'forward'),
    },
  });
  const [states = '', last = ''] = outputs;
  return [states, last];
}

/** `[tokens, directions, batch, hidden]` to `[tokens, batch, directions * hidden]` */
function joinDirections(
  scope: Scope,
  states: string,
  { hidden_size: hidden, bidirectional }: RecurrentShape,
): string {
  if (!bidirectional) return squeeze(scope, states, 1);
  const byRow = op(scope, 'Transpose', [states], { perm: ints([0, 2, 1, 3]) });
  return reshape(scope, byRow, [0, 0, 2 * hidden]);
}
