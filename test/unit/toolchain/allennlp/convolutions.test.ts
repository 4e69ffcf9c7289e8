import { describe, expect, it } from 'vitest';
import { flatten, floats, Numbers, runModule, type Tensors } from '../../../fixtures/allennlp-module.ts';

const DIM = 2;
const FILTERS = 3;

type Rows = readonly (readonly number[])[];

/** Conv1d at one place: the tensor is `[outputs, inputs, width]`. */
function convolve(
  x: Rows,
  place: number,
  weight: { readonly dims: readonly number[]; readonly data: Float32Array },
  bias: { readonly data: Float32Array },
  dilation = 1,
): number[] {
  const [outputs = 0, inputs = 0, width = 0] = weight.dims;
  return Array.from({ length: outputs }, (_, output) => {
    let sum = bias.data[output] ?? 0;
    for (let input = 0; input < inputs; input++) {
      for (let index = 0; index < width; index++) {
        const factor = weight.data[(output * inputs + input) * width + index] ?? 0;
        sum += factor * (x[place + index * dilation]?.[input] ?? 0);
      }
    }
    return sum;
  });
}

describe('cnn', () => {
  const numbers = new Numbers(17);
  const tensors = {
    'conv_layer_0.weight': numbers.tensor([FILTERS, DIM, 2]),
    'conv_layer_0.bias': numbers.tensor([FILTERS]),
    'conv_layer_1.weight': numbers.tensor([FILTERS, DIM, 4]),
    'conv_layer_1.bias': numbers.tensor([FILTERS]),
  };
  const params = { type: 'cnn', embedding_dim: DIM, num_filters: FILTERS, ngram_filter_sizes: [2, 4] };
  const x = [numbers.matrix(5, DIM), numbers.matrix(5, DIM), numbers.matrix(5, DIM)];
  const lengths = [5, 3, 0];
  const mask = lengths.map((length) => Array.from({ length: 5 }, (_, token) => Number(token < length)));

  /** The greatest value over the windows within the text; 0 where the filter is wider than the text. */
  const expected = (activation: (value: number) => number) =>
    x.map((tokens, batch) =>
      [2, 4].flatMap((width, layer) => {
        const windows = Array.from({ length: Math.max((lengths[batch] ?? 0) - width + 1, 0) }, (_, place) =>
          convolve(
            tokens,
            place,
            tensors[`conv_layer_${layer}.weight` as keyof typeof tensors],
            tensors[`conv_layer_${layer}.bias` as keyof typeof tensors],
          ).map(activation),
        );
        return Array.from({ length: FILTERS }, (_, filter) =>
          windows.length === 0 ? 0 : Math.max(...windows.map((scores) => scores[filter] ?? 0)),
        );
      }),
    );
  const run = (more: object, tokens = x, tokenMask = mask) =>
    runModule(
      'seq2vec_encoder',
      { ...params, ...more },
      tensors,
      { x: floats(tokens), mask: floats(tokenMask) },
      (encoder) => encoder.encode('x', 'mask'),
    );

  it('takes the greatest value of each filter, 0 where it is wider than the text', async () => {
    const { values } = await run({});
    expectClose(
      values,
      expected((value) => Math.max(value, 0)),
    );
  });

  it('does so with activations that can be negative', async () => {
    const { values } = await run({ conv_layer_activation: 'tanh' });
    expectClose(values, expected(Math.tanh));
  });

  it('gives a text that is shorter than all filters the same alone', async () => {
    const { values } = await run({}, [(x[1] ?? []).slice(0, 1)], [[1]]);
    expectClose(values, [new Array<number>(2 * FILTERS).fill(0)]);
  });
});

describe('gated-cnn-encoder', () => {
  const numbers = new Numbers(19);
  const conv = (block: string, index: number, outputs: number, width: number) => [
    [`${block}._convolutions.${index}.weight_v`, numbers.tensor([2 * outputs, DIM, width])],
    [`${block}._convolutions.${index}.weight_g`, numbers.tensor([2 * outputs, 1, 1])],
    [`${block}._convolutions.${index}.bias`, numbers.tensor([2 * outputs])],
  ];
  const names = ['_forward_residual_blocks.0', '_backward_residual_blocks.0'];
  const tensors: Tensors = Object.fromEntries(
    names.flatMap((block) => [...conv(block, 0, DIM, 3), ...conv(block, 1, DIM, 2)]),
  );
  const layers = [
    [
      [3, DIM],
      [2, DIM, 2],
    ],
  ];
  const params = { type: 'gated-cnn-encoder', input_dim: DIM, layers };

  /** One block over one text: what is before it, or after it, is zero. */
  function block(name: string, text: Rows, isForward: boolean): Rows {
    const steps = [
      { width: 3, dilation: 1 },
      { width: 2, dilation: 2 },
    ];
    const output = steps.reduce((value: Rows, { width, dilation }, index) => {
      const directions = tensors[`${name}._convolutions.${index}.weight_v`];
      const scales = tensors[`${name}._convolutions.${index}.weight_g`]?.data ?? [];
      const size = DIM * width;
      const data = Float32Array.from(directions?.data ?? new Float32Array(), (one, position) => {
        const filter = Math.floor(position / size);
        const values = directions?.data.slice(filter * size, (filter + 1) * size) ?? [];
        return ((scales[filter] ?? 0) * one) / Math.hypot(...values);
      });
      const reach = (width - 1) * dilation;
      const zeros: Rows = Array.from({ length: reach }, () => new Array<number>(DIM).fill(0));
      const padded = isForward ? zeros.concat(value) : value.concat(zeros);
      return value.map((_, place) => {
        const bias = { data: tensors[`${name}._convolutions.${index}.bias`]?.data ?? new Float32Array() };
        const sums = convolve(padded, place, { dims: [2 * DIM, DIM, width], data }, bias, dilation);
        return sums.slice(0, DIM).map((sum, dim) => sum / (1 + Math.exp(-(sums[DIM + dim] ?? 0))));
      });
    }, text);
    return output.map((row, token) =>
      row.map((one, dim) => (one + (text[token]?.[dim] ?? 0)) * Math.sqrt(0.5)),
    );
  }

  it('gives every text of a batch what it has alone', async () => {
    const x = [numbers.matrix(4, DIM), numbers.matrix(4, DIM)];
    const lengths = [4, 2];
    const mask = lengths.map((length) => Array.from({ length: 4 }, (_, token) => Number(token < length)));
    const { values } = await runModule(
      'seq2seq_encoder',
      params,
      tensors,
      { x: floats(x), mask: floats(mask) },
      (encoder) => encoder.encode('x', 'mask'),
    );
    for (const [batch, length] of lengths.entries()) {
      const text = (x[batch] ?? []).slice(0, length);
      const [forward = [], backward = []] = names.map((name, index) => block(name, text, index === 0));
      const expected = forward.map((row, token) => [...row, ...(backward[token] ?? [])]);
      const start = batch * 4 * 2 * DIM;
      expectClose(values.slice(start, start + length * 2 * DIM), expected);
    }
  });
});

function expectClose(actual: readonly number[], expected: Rows) {
  const flat = flatten(expected);
  expect(actual).toHaveLength(flat.length);
  for (const [index, value] of flat.entries()) expect(actual[index]).toBeCloseTo(value, 5);
}
