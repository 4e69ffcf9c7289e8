/**
 * LSTMs whose weights are int8, with a scale for each gate of each cell; their inputs and states are quantised as they come, by
 * ONNX Runtime's DynamicQuantizeLSTM.
 */
import { MICROSOFT } from '../../graph/builder.ts';
import { intAttribute, makeNode } from '../../graph/node.ts';
import type { OnnxModel, OnnxNode, OnnxTensor } from '../../graph/onnx.ts';
import { floats, floatTensor, int8Tensor } from '../../graph/tensor.ts';
import { Writer } from '../../stages/quantise/writer.ts';

/** The largest weight is this many steps. */
const STEPS = 127;
/** The inputs of an LSTM before the scales of a quantised one: X, W, R, B, sequence_lens, initial_h, initial_c, P. */
const INPUTS = 8;

/** Quantises every LSTM of the graph whose weights are constants, and gives their number. The model is changed. */
export function quantiseLstms(model: OnnxModel): number {
  const constants = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
  const writer = new Writer(model);
  let replaced = 0;
  for (const node of model.graph.node) {
    const [, w = '', r = ''] = node.input;
    const [inputWeights, stateWeights] = [constants.get(w), constants.get(r)];
    const isPlain = node.opType === 'LSTM' && node.domain === '' && (intAttribute(node, 'layout') ?? 0) === 0;
    if (!isPlain || !inputWeights || !stateWeights) continue;
    writer.put(node, [quantised(node, writer, inputWeights, stateWeights)]);
    replaced += 1;
  }
  writer.finish();
  return replaced;
}

function quantised(node: OnnxNode, writer: Writer, w: OnnxTensor, r: OnnxTensor): OnnxNode {
  const [wWeights, wScales, wZeros] = quantiseGates(w).map((tensor) => writer.constant(tensor));
  const [rWeights, rScales, rZeros] = quantiseGates(r).map((tensor) => writer.constant(tensor));
  const input = Array.from({ length: INPUTS }, (_, place) => node.input[place] ?? '');
  input[1] = wWeights ?? '';
  input[2] = rWeights ?? '';
  const scales = [wScales, wZeros, rScales, rZeros].map((name) => name ?? '');
  const made = makeNode('DynamicQuantizeLSTM', [...input, ...scales], node.output, {
    name: node.name,
    domain: MICROSOFT,
  });
  made.attribute = node.attribute.filter(({ name }) => name !== 'layout');
  return made;
}

/** `[directions, 4 * hidden, size]` to int8 of `[directions, size, 4 * hidden]`, its scales and its zero points `[directions, 4 * hidden]`. */
function quantiseGates(tensor: OnnxTensor): readonly OnnxTensor[] {
  const [directions = 0, gates = 0, size = 0] = tensor.dims;
  const values = floats(tensor);
  const weights = new Int8Array(values.length);
  const scales = new Float32Array(directions * gates);
  for (let gate = 0; gate < scales.length; gate++) {
    const row = values.subarray(gate * size, (gate + 1) * size);
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scale = largest === 0 ? 1 : largest / STEPS;
    scales[gate] = scale;
    const first = Math.floor(gate / gates) * size * gates + (gate % gates);
    for (let at = 0; at < size; at++) weights[first + at * gates] = Math.round((row[at] ?? 0) / scale);
  }
  const { name } = tensor;
  return [
    int8Tensor(`${name}.int8`, [directions, size, gates], weights),
    floatTensor(`${name}.scale`, [directions, gates], scales),
    int8Tensor(`${name}.zero`, [directions, gates], new Int8Array(directions * gates)),
  ];
}
