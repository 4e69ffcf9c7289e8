/** AllenNLP's LstmCellWithProjection: an LSTM whose state is a projection of its output, both of them kept in bounds, as in ELMo. */
import { graph, int, ints } from '../../../graph/node.ts';
import { ELEMENT } from '../../../graph/tensor.ts';
import type { Mask, Scope } from '../module.ts';
import { lengths, takeRows } from './masks.ts';
import { cast, concat, constant, integer, integers, op, scalar, shape } from './ops.ts';
import { reorder, transpose } from './weights.ts';

export interface ProjectedShape {
  readonly inputs: number;
  /** The width of the cell, and that of the state. */
  readonly cell: number;
  readonly hidden: number;
  /** Bounds of the cell and of the state; 0 for none. */
  readonly cellBound: number;
  readonly stateBound: number;
}

/** Input, forget and output gates side by side, then the cell: one Sigmoid for all gates. */
const ORDER = [0, 1, 3, 2];

/** What a direction ends with after the last token that it reads of each row, `[batch, hidden]` and `[batch, cell]`. */
export interface ProjectedState {
  readonly state: string;
  readonly memory: string;
}

export interface ProjectedRun {
  /** `[tokens, batch, hidden]`; what comes after the end of a row has no meaning. */
  readonly states: string;
  /** Adds the nodes that read the end of each row. */
  readonly end: () => ProjectedState;
}

/** Runs one direction over `x` `[tokens, batch, inputs]`, from zeros or from where another run ended. */
export function runProjectedLstm(
  scope: Scope,
  layer: ProjectedShape,
  x: string,
  mask: Mask,
  { isReverse, start }: { readonly isReverse: boolean; readonly start?: ProjectedState | undefined },
): ProjectedRun {
  const { inputs, cell, hidden } = layer;
  const rowLengths = cast(scope, lengths(scope, mask), 'int64');
  const reverse = (value: string) =>
    op(scope, 'ReverseSequence', [value, rowLengths], { time_axis: int(0), batch_axis: int(1) });
  const weights = (name: string, columns: number) =>
    transpose(reorder(scope.tensor(`${name}.weight`, [4 * cell, columns]), ORDER), 4 * cell, columns);
  const input = constant(scope, 'input', [inputs, 4 * cell], weights('input_linearity', inputs));
  const bias = reorder(scope.tensor('state_linearity.bias', [4 * cell]), ORDER);
  const projected = op(scope, 'Add', [
    op(scope, 'MatMul', [isReverse ? reverse(x) : x, input]),
    constant(scope, 'bias', [4 * cell], bias),
  ]);
  const state = constant(scope, 'state', [hidden, 4 * cell], weights('state_linearity', hidden));
  const projection = transpose(scope.tensor('state_projection.weight', [hidden, cell]), hidden, cell);
  const output = constant(scope, 'projection', [cell, hidden], projection);
  const rows = shape(scope, projected, 1, 2);
  const zeros = (width: number) =>
    op(scope, 'ConstantOfShape', [concat(scope, [rows, integers(scope, [width])], 0)]);
  const [, , states = '', memories = ''] = scope.graph.ops(
    'Scan',
    [start?.state ?? zeros(hidden), start?.memory ?? zeros(cell), projected],
    scope.name('Scan'),
    4,
    { attributes: { body: graph(buildStep(scope, layer, state, output)), num_scan_inputs: int(1) } },
  );
  return {
    states: isReverse ? reverse(states) : states,
    end() {
      const last = op(scope, 'Sub', [rowLengths, integer(scope, 1)]);
      const atEnd = (values: string) =>
        takeRows(scope, op(scope, 'Transpose', [values], { perm: ints([1, 0, 2]) }), last);
      return { state: atEnd(states), memory: atEnd(memories) };
    },
  };
}

function buildStep(scope: Scope, layer: ProjectedShape, recurrent: string, projection: string) {
  const { cell, hidden, cellBound, stateBound } = layer;
  const body = scope.inBody(scope.name('step'));
  const input = (name: string, width: number) =>
    body.graph.input(body.name(name), ELEMENT.float32, ['batch', width]);
  const state = input('state', hidden);
  const memory = input('memory', cell);
  const projected = input('projected', 4 * cell);
  const sums = op(body, 'Add', [op(body, 'MatMul', [state, recurrent]), projected]);
  const [gates = '', candidate = ''] = body.graph.ops(
    'Split',
    [sums, integers(body, [3 * cell, cell])],
    body.name('Split'),
    2,
    { attributes: { axis: int(-1) } },
  );
  const [inputGate = '', forgetGate = '', outputGate = ''] = body.graph.ops(
    'Split',
    [op(body, 'Sigmoid', [gates])],
    body.name('Split'),
    3,
    { attributes: { axis: int(-1), num_outputs: int(3) } },
  );
  const summed = op(body, 'Add', [
    op(body, 'Mul', [inputGate, op(body, 'Tanh', [candidate])]),
    op(body, 'Mul', [forgetGate, memory]),
  ]);
  const newMemory = keepInBounds(body, summed, cellBound);
  const output = op(body, 'Mul', [outputGate, op(body, 'Tanh', [newMemory])]);
  const newState = keepInBounds(body, op(body, 'MatMul', [output, projection]), stateBound);
  body.graph.output(newState, ELEMENT.float32, ['batch', hidden]);
  body.graph.output(newMemory, ELEMENT.float32, ['batch', cell]);
  body.graph.output(op(body, 'Identity', [newState]), ELEMENT.float32, ['batch', hidden]);
  body.graph.output(op(body, 'Identity', [newMemory]), ELEMENT.float32, ['batch', cell]);
  return body.graph.buildGraph();
}

function keepInBounds(scope: Scope, x: string, bound: number): string {
  return bound === 0 ? x : op(scope, 'Clip', [x, scalar(scope, -bound), scalar(scope, bound)]);
}
