/**
 * LSTMs with weights of eight bits, by `DynamicQuantizeLSTM`. The operator has one scale for all activations that it is given, so it gets
 * one row of a batch at a time, without what stands in its padding: a row gives the same bits alone and in any batch. See
 * ../../allennlp/package/ADR-lstm.md.
 */
import { MICROSOFT, valueInfo } from '../../graph/builder.ts';
import {
  graph as graphValue,
  int,
  intAttribute,
  ints,
  makeNode,
  type NodeOptions,
} from '../../graph/node.ts';
import type { OnnxModel, OnnxNode, OnnxTensor } from '../../graph/onnx.ts';
import { ELEMENT, floats, floatTensor, int8Tensor, int64Tensor } from '../../graph/tensor.ts';
import { transpose } from '../../graph/transpose.ts';
import { type Limit, quantiseRows } from './weights.ts';
import { Writer } from './writer.ts';

/** With a smaller state the steps around the products take longer than they save. */
const LEAST_HIDDEN = 100;
/** The inputs behind the lengths: the first states and peepholes. */
const AFTER_LENGTHS = 5;

/** Of each output of LSTM, the axis of the batch and the other axes, of which the last is the state. */
const OUTPUTS = [
  { axis: 2, others: ['tokens', 'directions'] },
  { axis: 1, others: ['directions'] },
  { axis: 1, others: ['directions'] },
] as const;

/** Quantises LSTMs in place and gives how many there were. Throws WEIGHTS_INVALID for NaN and infinities. */
export function quantiseLstms(model: OnnxModel, limit: Limit): number {
  const constants = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
  const writer = new Writer(model);
  let count = 0;
  for (const node of model.graph.node) {
    const [, w = '', r = ''] = node.input;
    const [weights, recurrent] = [constants.get(w), constants.get(r)];
    if (node.opType !== 'LSTM' || !weights || !recurrent || !isSupported(node)) continue;
    writer.put(node, rowByRow(writer, node, [weights, recurrent], limit));
    count += 1;
  }
  writer.finish();
  return count;
}

function isSupported(node: OnnxNode): boolean {
  const hasMore = node.input.slice(AFTER_LENGTHS).some((name) => name !== '');
  const isPlain = node.domain === '' && (intAttribute(node, 'layout') ?? 0) === 0;
  return isPlain && !hasMore && (intAttribute(node, 'hidden_size') ?? 0) >= LEAST_HIDDEN;
}

function rowByRow(
  writer: Writer,
  node: OnnxNode,
  [weights, recurrent]: readonly [OnnxTensor, OnnxTensor],
  limit: Limit,
): OnnxNode[] {
  const [x = '', , , bias = '', lengths = ''] = node.input;
  const place = node.name || node.output.find((name) => name !== '') || 'LSTM';
  const [values, scales, zeros] = storeWeights(writer, weights, limit);
  const [stateValues, stateScales, stateZeros] = storeWeights(writer, recurrent, limit);
  const axis = (at: number) => writer.shared(int64Tensor(`axis ${at}`, [1], [at]));
  const name = (part: string) => writer.names.fresh(`${place}/${part}`);

  const [row, rowLength, one, oneLength] = [name('row'), name('row length'), name('one'), name('one length')];
  const given = node.output.flatMap((output, index) => {
    const kind = OUTPUTS[index];
    return output === '' || !kind
      ? []
      : [{ ...kind, output, index, inner: name('states'), outer: name('states of row') }];
  });
  const inner = OUTPUTS.map((_, index) => given.find((each) => each.index === index)?.inner ?? '');
  const quantised = makeNode(
    'DynamicQuantizeLSTM',
    [
      ...[one, values, stateValues, bias, lengths === '' ? '' : oneLength, '', '', ''],
      ...[scales, zeros, stateScales, stateZeros],
    ],
    inner.slice(0, (given.at(-1)?.index ?? 0) + 1),
    { name: name('DynamicQuantizeLSTM'), domain: MICROSOFT },
  );
  quantised.attribute = node.attribute.filter((attribute) => attribute.name !== 'layout');
  const [, , inputs = 0] = weights.dims;
  const hidden = intAttribute(node, 'hidden_size') ?? 0;
  const body = {
    name: name('one row'),
    node: [
      makeNode('Unsqueeze', [row, axis(1)], [one], { name: one }),
      ...(lengths === ''
        ? []
        : [makeNode('Unsqueeze', [rowLength, axis(0)], [oneLength], { name: oneLength })]),
      quantised,
      ...given.map((each) =>
        makeNode('Squeeze', [each.inner, axis(each.axis)], [each.outer], { name: each.outer }),
      ),
    ],
    initializer: [],
    input: [
      valueInfo(row, ELEMENT.float32, ['tokens', inputs]),
      ...(lengths === '' ? [] : [valueInfo(rowLength, ELEMENT.int32, [])]),
    ],
    output: given.map(({ outer, others }) => valueInfo(outer, ELEMENT.float32, [...others, hidden])),
    valueInfo: [],
  };
  const padded = lengths === '' ? { nodes: [], value: x } : withoutPadding(writer, name, x, lengths);
  const scan = makeNode(
    'Scan',
    [padded.value, ...(lengths === '' ? [] : [lengths])],
    given.map(({ output }) => output),
    {
      name: name('Scan'),
      attributes: {
        body: graphValue(body),
        num_scan_inputs: int(lengths === '' ? 1 : 2),
        scan_input_axes: ints(lengths === '' ? [1] : [1, 0]),
        scan_output_axes: ints(given.map((each) => each.axis)),
      },
    },
  );
  return [...padded.nodes, scan];
}

/** Makes the inputs `[tokens, batch, inputs]` zero from the length of each row on: zeros change no scale. */
function withoutPadding(writer: Writer, name: (part: string) => string, x: string, lengths: string) {
  const nodes: OnnxNode[] = [];
  const op = (
    opType: string,
    inputs: readonly string[],
    attributes: NodeOptions['attributes'] = {},
  ): string => {
    const value = name(opType);
    nodes.push(makeNode(opType, inputs, [value], { name: value, attributes }));
    return value;
  };
  const number = (value: number) => writer.shared(int64Tensor(`whole ${value}`, [], [value]));
  const axes = (...at: number[]) => writer.shared(int64Tensor(`axes ${at.join(' ')}`, [at.length], at));
  const tokens = op('Squeeze', [op('Shape', [x], { start: int(0), end: int(1) }), axes(0)]);
  const places = op('Unsqueeze', [op('Range', [number(0), tokens, number(1)]), axes(1)]);
  const ends = op('Cast', [lengths], { to: int(ELEMENT.int64) });
  const isToken = op('Cast', [op('Less', [places, ends])], { to: int(ELEMENT.float32) });
  const value = op('Mul', [x, op('Unsqueeze', [isToken, axes(2)])]);
  return { nodes, value };
}

/** `[directions, rows, columns]` as the operator takes it: `[directions, columns, rows]`, with a scale for each row. */
function storeWeights(writer: Writer, tensor: OnnxTensor, limit: Limit): [string, string, string] {
  const [directions = 0, rows = 0, columns = 0] = tensor.dims.map(Number);
  const matrix = { name: tensor.name, values: floats(tensor), rows: directions * rows, columns };
  const { values, scales } = quantiseRows(matrix, limit);
  const turned = new Int8Array(values.length);
  const size = rows * columns;
  for (let at = 0; at < values.length; at += size) {
    turned.set(transpose(values.slice(at, at + size), rows, columns), at);
  }
  return [
    writer.constant(int8Tensor(`${tensor.name}/i8`, [directions, columns, rows], turned)),
    writer.constant(floatTensor(`${tensor.name}/scales`, [directions, rows], scales)),
    writer.constant(int8Tensor(`${tensor.name}/zeros`, [directions, rows], new Int8Array(directions * rows))),
  ];
}
