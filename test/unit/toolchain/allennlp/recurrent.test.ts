import { describe, expect, it } from 'vitest';
import { zeroPadding } from '../../../../model-assets/toolchain/src/allennlp/modules/nodes/masks.ts';
import { runProjectedLstm } from '../../../../model-assets/toolchain/src/allennlp/modules/nodes/projected-lstm.ts';
import { ints } from '../../../../model-assets/toolchain/src/graph/node.ts';
import {
  flatten,
  floats,
  type Matrix,
  Numbers,
  runModule,
  runNodes,
  type Tensors,
} from '../../../fixtures/allennlp-module.ts';

const INPUTS = 3;
const HIDDEN = 2;
const LENGTHS = [4, 1, 0, 3];
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** One step of a layer: what it makes of the input and its states. */
type Step = (x: readonly number[], states: Matrix) => Matrix;

/** `rows` `[gates * hidden, inputs]` by a vector, plus the bias. */
function product(tensors: Tensors, weight: string, bias: string, x: readonly number[]): number[] {
  const { dims, data } = tensors[weight] ?? { dims: [0, 0], data: [] };
  const [rows = 0, columns = 0] = dims;
  return Array.from({ length: rows }, (_, row) =>
    x.reduce(
      (sum, value, column) => sum + value * (data[row * columns + column] ?? 0),
      tensors[bias]?.data[row] ?? 0,
    ),
  );
}

/** torch's formulas (https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html, GRU, RNN). */
function torchStep(kind: 'lstm' | 'gru' | 'rnn', tensors: Tensors, suffix: string): Step {
  return (x, [h = [], c = []]) => {
    const ofInput = product(tensors, `_module.weight_ih_${suffix}`, `_module.bias_ih_${suffix}`, x);
    const ofState = product(tensors, `_module.weight_hh_${suffix}`, `_module.bias_hh_${suffix}`, h);
    const gate = (index: number, unit: number) => (values: number[]) => values[index * HIDDEN + unit] ?? 0;
    const both = (index: number, unit: number) => gate(index, unit)(ofInput) + gate(index, unit)(ofState);
    if (kind === 'rnn') return [h.map((_, unit) => Math.tanh(both(0, unit)))];
    if (kind === 'gru') {
      const next = h.map((value, unit) => {
        const [reset, update] = [sigmoid(both(0, unit)), sigmoid(both(1, unit))];
        const candidate = Math.tanh(gate(2, unit)(ofInput) + reset * gate(2, unit)(ofState));
        return (1 - update) * candidate + update * value;
      });
      return [next];
    }
    const cell = c.map(
      (value, unit) => sigmoid(both(1, unit)) * value + sigmoid(both(0, unit)) * Math.tanh(both(2, unit)),
    );
    return [cell.map((value, unit) => sigmoid(both(3, unit)) * Math.tanh(value)), cell];
  };
}

/** AllenNLP's AugmentedLSTMCell, with a highway. */
function highwayStep(tensors: Tensors, layer: string): Step {
  return (x, [h = [], c = []]) => {
    const at = `_module.${layer}.cell`;
    const ofInput = product(tensors, `${at}.input_linearity.weight`, `${at}.input_linearity.bias`, x);
    const ofState = product(tensors, `${at}.state_linearity.weight`, `${at}.state_linearity.bias`, h);
    const gate = (index: number, unit: number) =>
      (ofInput[index * HIDDEN + unit] ?? 0) + (ofState[index * HIDDEN + unit] ?? 0);
    const cell = c.map(
      (value, unit) => sigmoid(gate(0, unit)) * Math.tanh(gate(2, unit)) + sigmoid(gate(1, unit)) * value,
    );
    const next = cell.map((value, unit) => {
      const mix = sigmoid(gate(4, unit));
      const carried = ofInput[5 * HIDDEN + unit] ?? 0;
      return mix * sigmoid(gate(3, unit)) * Math.tanh(value) + (1 - mix) * carried;
    });
    return [next, cell];
  };
}

/** Runs a layer over one text, and gives its states in the order of the text. */
function run(step: Step, text: Matrix, isReverse: boolean): Matrix {
  let states: Matrix = [
    [0, 0],
    [0, 0],
  ];
  const order = isReverse ? text.toReversed() : text;
  const outputs = order.map((x) => {
    states = step(x, states);
    return states[0] ?? [];
  });
  return isReverse ? outputs.toReversed() : outputs;
}

const sideBySide = (first: Matrix, second: Matrix) =>
  first.map((row, index) => [...row, ...(second[index] ?? [])]);

/** A batch of texts, padded with numbers that must not matter, and its mask. */
function makeBatch(numbers: Numbers) {
  const longest = Math.max(...LENGTHS);
  const x = LENGTHS.map(() => numbers.matrix(longest, INPUTS));
  const mask = LENGTHS.map((length) => Array.from({ length: longest }, (_, token) => Number(token < length)));
  return { x, mask, texts: LENGTHS.map((length, index) => (x[index] ?? []).slice(0, length)) };
}

const padded = (outputs: Matrix, width: number) =>
  Array.from({ length: Math.max(...LENGTHS) }, (_, token) => outputs[token] ?? new Array(width).fill(0));

function expectClose(actual: readonly number[], expected: readonly number[]) {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) expect(actual[index]).toBeCloseTo(value, 5);
}

describe.each([
  ['lstm', 4],
  ['gru', 3],
  ['rnn', 1],
] as const)('%s', (kind, gates) => {
  const numbers = new Numbers(7);
  const suffixes = ['l0', 'l0_reverse', 'l1', 'l1_reverse'];
  const tensors = Object.fromEntries(
    suffixes.flatMap((suffix) => [
      [
        `_module.weight_ih_${suffix}`,
        numbers.tensor([gates * HIDDEN, suffix.startsWith('l0') ? INPUTS : 2 * HIDDEN]),
      ],
      [`_module.weight_hh_${suffix}`, numbers.tensor([gates * HIDDEN, HIDDEN])],
      [`_module.bias_ih_${suffix}`, numbers.tensor([gates * HIDDEN])],
      [`_module.bias_hh_${suffix}`, numbers.tensor([gates * HIDDEN])],
    ]),
  );
  const params = {
    type: kind,
    input_size: INPUTS,
    hidden_size: HIDDEN,
    num_layers: 2,
    bidirectional: true,
  };
  const { x, mask, texts } = makeBatch(numbers);
  const feeds = { x: floats(x), mask: floats(mask) };
  const expected = texts.map((text) => {
    const layer = (name: string, input: Matrix) =>
      sideBySide(
        run(torchStep(kind, tensors, name), input, false),
        run(torchStep(kind, tensors, `${name}_reverse`), input, true),
      );
    return layer('l1', layer('l0', text));
  });

  it('gives every text of a batch the states that it has alone, and zeros in the padding', async () => {
    const { values } = await runModule('seq2seq_encoder', params, tensors, feeds, (encoder) =>
      encoder.encode('x', 'mask'),
    );
    expectClose(values, flatten(expected.map((outputs) => padded(outputs, 2 * HIDDEN))));
  });

  it('ends with the last state of both directions, zeros for a text without tokens', async () => {
    const { values, dims } = await runModule('seq2vec_encoder', params, tensors, feeds, (encoder) =>
      encoder.encode('x', 'mask'),
    );
    const ends = expected.map((outputs) => [
      ...(outputs.at(-1)?.slice(0, HIDDEN) ?? [0, 0]),
      ...(outputs[0]?.slice(HIDDEN) ?? [0, 0]),
    ]);
    expect(dims).toEqual([LENGTHS.length, 2 * HIDDEN]);
    expectClose(values, flatten(ends));
  });
});

function cellTensors(numbers: Numbers, layer: string, inputs: number, hasBias: boolean) {
  const at = `_module.${layer}.cell`;
  return [
    [`${at}.input_linearity.weight`, numbers.tensor([6 * HIDDEN, inputs])],
    ...(hasBias ? [[`${at}.input_linearity.bias`, numbers.tensor([6 * HIDDEN])]] : []),
    [`${at}.state_linearity.weight`, numbers.tensor([5 * HIDDEN, HIDDEN])],
    [`${at}.state_linearity.bias`, numbers.tensor([5 * HIDDEN])],
  ];
}

describe('stateful encoders', () => {
  const numbers = new Numbers(3);
  const tensors: Tensors = {
    '_module.weight_ih_l0': numbers.tensor([HIDDEN, INPUTS]),
    '_module.weight_hh_l0': numbers.tensor([HIDDEN, HIDDEN]),
    '_module.bias_ih_l0': numbers.tensor([HIDDEN]),
    '_module.bias_hh_l0': numbers.tensor([HIDDEN]),
  };
  const x = [numbers.matrix(2, INPUTS)];
  const encode = (stateful: boolean, texts: number) => {
    const params = { type: 'rnn', input_size: INPUTS, hidden_size: HIDDEN, stateful };
    const feeds = { x: floats(x), mask: floats([[1, 1]]) };
    return runModule('seq2seq_encoder', params, tensors, feeds, (encoder) => {
      for (let text = 1; text < texts; text++) encoder.encode('x', 'mask');
      return encoder.encode('x', 'mask');
    });
  };

  it('begin every instance anew', async () => {
    expect(await encode(true, 1)).toEqual(await encode(false, 1));
  });

  it('are refused where they read two texts of an instance', async () => {
    await expect(encode(true, 2)).rejects.toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: expect.stringContaining('stateful'),
    });
  });
});

describe('stacks with a highway', () => {
  it('alternates the directions of alternating_lstm', async () => {
    const numbers = new Numbers(11);
    const tensors: Tensors = Object.fromEntries([
      ...cellTensors(numbers, 'layer_0', INPUTS, true),
      ...cellTensors(numbers, 'layer_1', HIDDEN, true),
    ]);
    const { x, mask, texts } = makeBatch(numbers);
    const params = { type: 'alternating_lstm', input_size: INPUTS, hidden_size: HIDDEN, num_layers: 2 };
    const { values } = await runModule(
      'seq2seq_encoder',
      params,
      tensors,
      { x: floats(x), mask: floats(mask) },
      (encoder) => encoder.encode('x', 'mask'),
    );
    const expected = texts.map((text) => {
      const first = run(highwayStep(tensors, 'layer_0'), text, false);
      return padded(run(highwayStep(tensors, 'layer_1'), first, true), HIDDEN);
    });
    expectClose(values, flatten(expected));
  });

  it('shows both directions of stacked_bidirectional_lstm to the next layer, and ends with those of the last', async () => {
    const numbers = new Numbers(13);
    const tensors: Tensors = Object.fromEntries(
      ['forward', 'backward'].flatMap((direction) => [
        ...cellTensors(numbers, `${direction}_layer_0`, INPUTS, false),
        ...cellTensors(numbers, `${direction}_layer_1`, 2 * HIDDEN, false),
      ]),
    );
    const { x, mask, texts } = makeBatch(numbers);
    const params = {
      type: 'stacked_bidirectional_lstm',
      input_size: INPUTS,
      hidden_size: HIDDEN,
      num_layers: 2,
    };
    const { values } = await runModule(
      'seq2vec_encoder',
      params,
      tensors,
      { x: floats(x), mask: floats(mask) },
      (encoder) => encoder.encode('x', 'mask'),
    );
    const expected = texts.map((text) => {
      const layer = (index: number, input: Matrix) =>
        sideBySide(
          run(highwayStep(tensors, `forward_layer_${index}`), input, false),
          run(highwayStep(tensors, `backward_layer_${index}`), input, true),
        );
      const outputs = layer(1, layer(0, text));
      return [...(outputs.at(-1)?.slice(0, HIDDEN) ?? [0, 0]), ...(outputs[0]?.slice(HIDDEN) ?? [0, 0])];
    });
    expectClose(values, flatten(expected));
  });
});

/** AllenNLP's LstmCellWithProjection. */
function projectedStep(tensors: Tensors, cellBound: number, stateBound: number): Step {
  const keep = (value: number, bound: number) => Math.min(Math.max(value, -bound), bound);
  return (x, [h = [], c = []]) => {
    const ofInput = product(tensors, 'input_linearity.weight', '', x);
    const ofState = product(tensors, 'state_linearity.weight', 'state_linearity.bias', h);
    const gate = (index: number, unit: number) =>
      (ofInput[index * HIDDEN + unit] ?? 0) + (ofState[index * HIDDEN + unit] ?? 0);
    const cell = c.map((value, unit) =>
      keep(sigmoid(gate(0, unit)) * Math.tanh(gate(2, unit)) + sigmoid(gate(1, unit)) * value, cellBound),
    );
    const output = cell.map((value, unit) => sigmoid(gate(3, unit)) * Math.tanh(value));
    const state = product(tensors, 'state_projection.weight', '', output);
    return [state.map((value) => keep(value, stateBound)), cell];
  };
}

describe('the projected LSTM of ELMo', () => {
  const tensorsOf = (numbers: Numbers): Tensors => ({
    'input_linearity.weight': numbers.tensor([4 * HIDDEN, INPUTS]),
    'state_linearity.weight': numbers.tensor([4 * HIDDEN, HIDDEN]),
    'state_linearity.bias': numbers.tensor([4 * HIDDEN]),
    'state_projection.weight': numbers.tensor([HIDDEN, HIDDEN]),
  });
  const layer = { inputs: INPUTS, cell: HIDDEN, hidden: HIDDEN, cellBound: 0.3, stateBound: 0.05 };

  it.each([
    ['forwards', false],
    ['backwards', true],
  ])('keeps cell and state in bounds, %s over every text', async (_, isReverse) => {
    const numbers = new Numbers(29);
    const tensors = tensorsOf(numbers);
    const { x, mask, texts } = makeBatch(numbers);
    const { values } = await runNodes(tensors, { x: floats(x), mask: floats(mask) }, (scope) => {
      const byTime = scope.graph.op('Transpose', ['x'], 'by time', { attributes: { perm: ints([1, 0, 2]) } });
      const { states } = runProjectedLstm(scope, layer, byTime, 'mask', { isReverse });
      const byText = scope.graph.op('Transpose', [states], 'by text', {
        attributes: { perm: ints([1, 0, 2]) },
      });
      return zeroPadding(scope, byText, 'mask');
    });
    const expected = texts.map((text) => run(projectedStep(tensors, 0.3, 0.05), text, isReverse));
    expectClose(values, flatten(expected.map((outputs) => padded(outputs, HIDDEN))));
  });

  it.each([
    ['forwards', false],
    ['backwards', true],
  ])('begins where the text before ended, %s over both', async (_, isReverse) => {
    const numbers = new Numbers(31);
    const tensors = tensorsOf(numbers);
    const { x, mask, texts } = makeBatch(numbers);
    const next = texts.map(() => numbers.matrix(2, INPUTS));
    const feeds = {
      x: floats(x),
      mask: floats(mask),
      next: floats(next),
      all: floats(next.map(() => [1, 1])),
    };
    const turned = { attributes: { perm: ints([1, 0, 2]) } };
    const { values } = await runNodes(tensors, feeds, (scope) => {
      const first = scope.graph.op('Transpose', ['x'], 'first by time', turned);
      const second = scope.graph.op('Transpose', ['next'], 'second by time', turned);
      const start = runProjectedLstm(scope.at(''), layer, first, 'mask', { isReverse }).end();
      const { states } = runProjectedLstm(scope.at(''), layer, second, 'all', { isReverse, start });
      return scope.graph.op('Transpose', [states], 'by text', turned);
    });
    const step = projectedStep(tensors, 0.3, 0.05);
    for (const [row, text] of texts.entries()) {
      // ELMo gives every text at least its two boundaries.
      if (text.length === 0) continue;
      const after = next[row] ?? [];
      const expected = isReverse
        ? run(step, [...after, ...text], true).slice(0, after.length)
        : run(step, [...text, ...after], false).slice(text.length);
      const size = after.length * HIDDEN;
      expectClose(values.slice(row * size, (row + 1) * size), flatten(expected));
    }
  });
});
