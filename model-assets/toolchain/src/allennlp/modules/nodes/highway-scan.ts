/** AugmentedLstm with a highway as a Scan, whose steps have no masks: what comes after the end of a row is not read. */
import { graph, int } from '../../../graph/node.ts';
import { ELEMENT } from '../../../graph/tensor.ts';
import type { Mask, Scope } from '../module.ts';
import { type AugmentedShape, type Direction, readCell } from './augmented-cell.ts';
import { lengths } from './masks.ts';
import { cast, concat, constant, integers, op, shape, squeeze, unsqueeze } from './ops.ts';
import { join, transpose } from './weights.ts';

/**
 * Up to this width, two directions as one product with three axes are faster: 0.30 instead of 0.44 ms for 25 tokens of one row, 32
 * wide. From there on products of their own are, whose weights ONNX Runtime packs: 830 instead of 1,445 ms for 256 rows, 300 wide.
 */
const WIDEST_PAIR = 128;

/** Input, forget, output and highway gates side by side, then the cell: one Sigmoid for all gates. */
const SCAN_ORDER = [0, 1, 3, 4, 2];

/** `[tokens, batch, inputs]` to `[tokens, batch, hidden]` for each direction. Those that run backwards see each row reversed. */
export function scanDirections(
  scope: Scope,
  directions: readonly Direction[],
  layer: AugmentedShape,
  x: string,
  mask: Mask,
): string[] {
  const { hidden, inputs } = layer;
  if (directions.length > 1 && hidden > WIDEST_PAIR) {
    return directions.flatMap((direction) => scanDirections(direction.scope, [direction], layer, x, mask));
  }
  const cells = directions.map((direction) => ({
    ...direction,
    ...readCell(direction.scope, layer, SCAN_ORDER),
  }));
  const rowLengths = cast(scope, lengths(scope, mask), 'int64');
  const reverse = (value: string) =>
    op(scope, 'ReverseSequence', [value, rowLengths], { time_axis: int(0), batch_axis: int(1) });
  const projected = cells.map(({ scope: place, isReverse, input, highway, bias, highwayBias }) => {
    const weights = transpose(join([input, highway]), 6 * hidden, inputs);
    const product = op(place, 'MatMul', [
      isReverse ? reverse(x) : x,
      constant(place, 'input', [inputs, 6 * hidden], weights),
    ]);
    return op(place, 'Add', [product, constant(place, 'bias', [6 * hidden], join([bias, highwayBias]))]);
  });
  const recurrent = join(cells.map(({ state }) => transpose(state, 5 * hidden, hidden)));
  const isPair = directions.length > 1;
  const weights = constant(
    scope,
    'recurrent',
    isPair ? [directions.length, hidden, 5 * hidden] : [hidden, 5 * hidden],
    recurrent,
  );
  const stacked = isPair
    ? concat(
        scope,
        projected.map((value) => unsqueeze(scope, value, 1)),
        1,
      )
    : projected[0];
  const states = scan(scope, stacked ?? '', weights, layer, isPair);
  const parts = isPair
    ? scope.graph
        .ops('Split', [states], scope.name('Split'), directions.length, {
          attributes: { axis: int(1), num_outputs: int(directions.length) },
        })
        .map((part) => squeeze(scope, part, 1))
    : [states];
  return parts.map((part, index) => (directions[index]?.isReverse ? reverse(part) : part));
}

/** Runs the cells over projections `[tokens, ..., batch, 6 * hidden]`, without masks: what comes after the end of a row is not read. */
function scan(
  scope: Scope,
  projected: string,
  recurrent: string,
  { hidden }: AugmentedShape,
  isPair: boolean,
): string {
  const axes = isPair ? [2, 'batch'] : ['batch'];
  const split = scope.graph.ops(
    'Split',
    [projected, integers(scope, [5 * hidden, hidden])],
    scope.name('Split'),
    2,
    {
      attributes: { axis: int(-1) },
    },
  );
  const rows = shape(scope, projected, 1, -1);
  const zeros = op(scope, 'ConstantOfShape', [concat(scope, [rows, integers(scope, [hidden])], 0)]);
  const body = buildBody(scope, recurrent, hidden, axes);
  const [, , states = ''] = scope.graph.ops('Scan', [zeros, zeros, ...split], scope.name('Scan'), 3, {
    attributes: { body: graph(body), num_scan_inputs: int(2) },
  });
  return states;
}

/** One step: the states and the projections of one token to the states after it. */
function buildBody(scope: Scope, recurrent: string, hidden: number, axes: readonly (number | string)[]) {
  const body = scope.inBody(scope.name('step'));
  const input = (name: string, width: number) =>
    body.graph.input(body.name(name), ELEMENT.float32, [...axes, width]);
  const state = input('state', hidden);
  const memory = input('memory', hidden);
  const projection = input('projection', 5 * hidden);
  const carried = input('carried', hidden);
  const sums = op(body, 'Add', [op(body, 'MatMul', [state, recurrent]), projection]);
  const [gates = '', cell = ''] = body.graph.ops(
    'Split',
    [sums, integers(body, [4 * hidden, hidden])],
    body.name('Split'),
    2,
    {
      attributes: { axis: int(-1) },
    },
  );
  const [inputGate = '', forgetGate = '', outputGate = '', highwayGate = ''] = body.graph.ops(
    'Split',
    [op(body, 'Sigmoid', [gates])],
    body.name('Split'),
    4,
    { attributes: { axis: int(-1), num_outputs: int(4) } },
  );
  const newMemory = op(body, 'Add', [
    op(body, 'Mul', [inputGate, op(body, 'Tanh', [cell])]),
    op(body, 'Mul', [forgetGate, memory]),
  ]);
  const output = op(body, 'Mul', [outputGate, op(body, 'Tanh', [newMemory])]);
  // gate * output + (1 - gate) * carried
  const mixed = op(body, 'Add', [
    carried,
    op(body, 'Mul', [highwayGate, op(body, 'Sub', [output, carried])]),
  ]);
  const given = [mixed, newMemory, op(body, 'Identity', [mixed])];
  for (const value of given) body.graph.output(value, ELEMENT.float32, [...axes, hidden]);
  return body.graph.buildGraph();
}
