import { describe, expect, it } from 'vitest';
import { flatten, floats, Numbers, runModule, type Tensors } from '../../../fixtures/allennlp-module.ts';

const DIM = 3;
const numbers = new Numbers(3);
const FIRST = [numbers.matrix(2, DIM), numbers.matrix(2, DIM)];
const SECOND = [numbers.matrix(4, DIM), numbers.matrix(4, DIM)];
const MASK = [
  [1, 1, 1, 1],
  [1, 1, 0, 0],
];
const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
const length = (a: readonly number[]) => Math.sqrt(dot(a, a));

type Score = (x: readonly number[], y: readonly number[]) => number;

const square = numbers.tensor([DIM, DIM]);
const bias = numbers.tensor([1]);
const biased = numbers.tensor([DIM + 1, DIM + 1]);
const linear = numbers.tensor([6 * DIM]);
const value = ({ data }: { readonly data: Float32Array }, index: number) => data[index] ?? 0;
const bilinearOf =
  (matrix: { readonly data: Float32Array }, dim: number): Score =>
  (x, y) =>
    x.reduce(
      (sum, a, row) =>
        sum + y.reduce((part, b, column) => part + a * b * value(matrix, row * dim + column), 0),
      value(bias, 0),
    );

/** w . [x; y; x * y; x + y; x - y; x / y] + b */
const linearOf: Score = (x, y) => {
  const pieces = [
    ...x,
    ...y,
    ...x.map((a, index) => a * (y[index] ?? 0)),
    ...x.map((a, index) => a + (y[index] ?? 0)),
    ...x.map((a, index) => a - (y[index] ?? 0)),
    ...x.map((a, index) => a / (y[index] ?? 0)),
  ];
  return dot(Array.from(linear.data), pieces) + value(bias, 0);
};
const LINEAR = { tensor_1_dim: DIM, tensor_2_dim: DIM, combination: 'x,y,x*y,x+y,x-y,x/y' };

const MATRIX_ATTENTIONS: readonly (readonly [string, Readonly<Record<string, unknown>>, Tensors, Score])[] = [
  ['dot_product', {}, {}, dot],
  ['scaled_dot_product', {}, {}, (x, y) => dot(x, y) / Math.sqrt(DIM)],
  ['cosine', {}, {}, (x, y) => dot(x, y) / (length(x) * length(y))],
  [
    'bilinear',
    { matrix_1_dim: DIM, matrix_2_dim: DIM, activation: 'tanh' },
    { _weight_matrix: square, _bias: bias },
    (x, y) => Math.tanh(bilinearOf(square, DIM)(x, y)),
  ],
  [
    'bilinear',
    { matrix_1_dim: DIM, matrix_2_dim: DIM, use_input_biases: true },
    { _weight_matrix: biased, _bias: bias },
    (x, y) => bilinearOf(biased, DIM + 1)([...x, 1], [...y, 1]),
  ],
  ['linear', { ...LINEAR }, { _weight_vector: linear, _bias: bias }, linearOf],
];

describe('matrix attention', () => {
  it.each(MATRIX_ATTENTIONS)('%s scores every row for every other', async (type, params, tensors, score) => {
    const { values } = await runModule(
      'matrix_attention',
      { type, ...params },
      tensors,
      { x: floats(FIRST), y: floats(SECOND) },
      (attention) => attention.score('x', 'y'),
    );
    const expected = FIRST.map((rows, batch) =>
      rows.map((x) => (SECOND[batch] ?? []).map((y) => score(x, y))),
    );
    expectClose(values, flatten(expected));
  });
});

const w = numbers.tensor([DIM, DIM]);
const u = numbers.tensor([DIM, DIM]);
const v = numbers.tensor([DIM, 1]);
const times = (x: readonly number[], matrix: { readonly data: Float32Array }) =>
  Array.from({ length: DIM }, (_, column) =>
    x.reduce((sum, a, row) => sum + a * value(matrix, row * DIM + column), 0),
  );

const ATTENTIONS: readonly (readonly [string, Readonly<Record<string, unknown>>, Tensors, Score])[] = [
  ['dot_product', {}, {}, dot],
  ['scaled_dot_product', { scaling_factor: 7 }, {}, (x, y) => dot(x, y) / Math.sqrt(7)],
  ['cosine', {}, {}, (x, y) => dot(x, y) / (length(x) * length(y))],
  [
    'additive',
    { vector_dim: DIM, matrix_dim: DIM },
    { _w_matrix: w, _u_matrix: u, _v_vector: v },
    (x, y) => {
      const ofRows = times(y, u);
      return dot(
        times(x, w).map((a, index) => Math.tanh(a + (ofRows[index] ?? 0))),
        Array.from(v.data),
      );
    },
  ],
  [
    'bilinear',
    { vector_dim: DIM, matrix_dim: DIM },
    { _weight_matrix: square, _bias: bias },
    bilinearOf(square, DIM),
  ],
  ['linear', { ...LINEAR }, { _weight_vector: linear, _bias: bias }, linearOf],
];

describe('attention', () => {
  const vectors = FIRST.map(([vector = []]) => vector);
  const feeds = { vector: floats(vectors), matrix: floats(SECOND), mask: floats(MASK) };
  const scores = (score: Score) => vectors.map((x, batch) => (SECOND[batch] ?? []).map((y) => score(x, y)));

  it.each(ATTENTIONS)(
    '%s shares out 1 among the rows that are not masked',
    async (type, params, tensors, score) => {
      const { values } = await runModule('attention', { type, ...params }, tensors, feeds, (attention) =>
        attention.attend('vector', 'matrix', 'mask'),
      );
      const expected = scores(score).map((row, batch) => {
        const shares = row.map((one, index) => Math.exp(one) * (MASK[batch]?.[index] ?? 0));
        const total = shares.reduce((sum, share) => sum + share, 0);
        return shares.map((share) => share / total);
      });
      expectClose(values, flatten(expected));
    },
  );

  it.each(ATTENTIONS)('%s gives scores where it does not normalize', async (type, params, tensors, score) => {
    const { values } = await runModule(
      'attention',
      { type, ...params, normalize: false },
      tensors,
      feeds,
      (attention) => attention.attend('vector', 'matrix', 'mask'),
    );
    expectClose(values, flatten(scores(score)));
  });

  it('gives zeros where every row is masked', async () => {
    const masked = { ...feeds, mask: floats(MASK.map((row) => row.map(() => 0))) };
    const { values } = await runModule('attention', 'dot_product', {}, masked, (attention) =>
      attention.attend('vector', 'matrix', 'mask'),
    );
    expect(values).toEqual(new Array(8).fill(0));
  });
});

function expectClose(actual: readonly number[], expected: readonly number[]) {
  expect(actual).toHaveLength(expected.length);
  for (const [index, number] of expected.entries()) {
    expect(Math.abs((actual[index] ?? Number.NaN) - number)).toBeLessThan(
      1e-5 * Math.max(1, Math.abs(number)),
    );
  }
}
