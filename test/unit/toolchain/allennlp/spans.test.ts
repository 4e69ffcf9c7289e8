import { describe, expect, it } from 'vitest';
import { bucketOf } from '../../../../model-assets/toolchain/src/allennlp/modules/nodes/buckets.ts';
import {
  flatten,
  floats,
  integers,
  Numbers,
  runModule,
  type Tensors,
} from '../../../fixtures/allennlp-module.ts';

const DIM = 4;
const HALF = DIM / 2;
const numbers = new Numbers(5);
/** Two texts, of 5 and of 3 tokens. */
const X = [numbers.matrix(5, DIM), numbers.matrix(5, DIM)];
const LENGTHS = [5, 3];
const MASK = LENGTHS.map((length) => Array.from({ length: 5 }, (_, token) => Number(token < length)));
const SPANS = [
  [
    [0, 0],
    [0, 4],
    [2, 3],
  ],
  [
    [1, 1],
    [0, 2],
    [-1, -1],
  ],
];
const SPAN_MASK = [
  [1, 1, 1],
  [1, 1, 0],
];
const start = numbers.tensor([1, 1, HALF]);
const end = numbers.tensor([1, 1, HALF]);
const first = numbers.tensor([1, 1, DIM]);
const widths = numbers.tensor([6, 2]);
const score = numbers.tensor([1, DIM]);
const scoreBias = numbers.tensor([1]);

/** What AllenNLP makes of a span of a text. */
type Extract = (tokens: number[][], from: number, to: number, length: number) => readonly number[];

const minus = (a: readonly number[], b: readonly number[]) =>
  a.map((value, index) => value - (b[index] ?? 0));
const times = (a: readonly number[], b: readonly number[]) =>
  a.map((value, index) => value * (b[index] ?? 0));
const row = (table: { readonly data: Float32Array }, index: number, dim: number) =>
  Array.from(table.data.subarray(index * dim, (index + 1) * dim));

const EXTRACTORS: readonly (readonly [string, Readonly<Record<string, unknown>>, Tensors, Extract])[] = [
  [
    'the ends and the width',
    { type: 'endpoint', num_width_embeddings: 6, span_width_embedding_dim: 2 },
    { '_span_width_embedding.weight': widths },
    (x, from, to) => [...(x[from] ?? []), ...(x[to] ?? []), ...row(widths, to - from, 2)],
  ],
  [
    'the ends and the bucket of the width',
    { type: 'endpoint', num_width_embeddings: 3, span_width_embedding_dim: 4, bucket_widths: true },
    { '_span_width_embedding.weight': { dims: [3, 4], data: widths.data } },
    (x, from, to) => [...(x[from] ?? []), ...(x[to] ?? []), ...row(widths, Math.min(to - from, 2), 4)],
  ],
  [
    'what comes before the start, multiplied with the end',
    { type: 'endpoint', combination: 'x*y', use_exclusive_start_indices: true },
    { _start_sentinel: first },
    (x, from, to) => times(from === 0 ? row(first, 0, DIM) : (x[from - 1] ?? []), x[to] ?? []),
  ],
  [
    'differences of both directions',
    { type: 'bidirectional_endpoint' },
    { _start_sentinel: start, _end_sentinel: end },
    (x, from, to, length) => {
      const before = from === 0 ? row(start, 0, HALF) : (x[from - 1] ?? []).slice(0, HALF);
      const after = to + 1 >= length ? row(end, 0, HALF) : (x[to + 1] ?? []).slice(HALF);
      return [...minus((x[to] ?? []).slice(0, HALF), before), ...minus(after, (x[from] ?? []).slice(HALF))];
    },
  ],
  [
    'a weighted mean of the tokens',
    { type: 'self_attentive' },
    { '_global_attention._module.weight': score, '_global_attention._module.bias': scoreBias },
    (x, from, to) => {
      const tokens = x.slice(from, to + 1);
      const weights = tokens.map((token) =>
        Math.exp(times(token, row(score, 0, DIM)).reduce((sum, part) => sum + part, 0)),
      );
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return Array.from({ length: DIM }, (_, dim) =>
        tokens.reduce((sum, token, index) => sum + ((weights[index] ?? 0) / total) * (token[dim] ?? 0), 0),
      );
    },
  ],
  [
    'the greatest values',
    { type: 'max_pooling' },
    {},
    (x, from, to) =>
      Array.from({ length: DIM }, (_, dim) =>
        Math.max(...x.slice(from, to + 1).map((token) => token[dim] ?? 0)),
      ),
  ],
];

describe('span extractors', () => {
  it.each(EXTRACTORS)('give %s', async (_, params, tensors, extract) => {
    const feeds = {
      x: floats(X),
      mask: floats(MASK),
      spans: integers(SPANS),
      span_mask: floats(SPAN_MASK),
    };
    const { values } = await runModule(
      'span_extractor',
      { ...params, input_dim: DIM },
      tensors,
      feeds,
      (extractor) => extractor.extract('x', 'spans', 'mask', 'span_mask'),
    );
    const expected = SPANS.map((spans, batch) =>
      spans.map(([from = 0, to = 0]) => {
        const vector = extract(X[batch] ?? [], Math.max(from, 0), Math.max(to, 0), LENGTHS[batch] ?? 0);
        return from < 0 ? vector.map(() => 0) : vector;
      }),
    );
    expect(values).toHaveLength(flatten(expected).length);
    for (const [index, value] of flatten(expected).entries()) expect(values[index]).toBeCloseTo(value, 5);
  });
});

describe('buckets', () => {
  it('are 0 to 4, 5-7, 8-15, 16-31, 32-63 and all above', () => {
    const distances = [-1, 0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 32, 63, 64, 1000];
    const buckets = distances.map((distance) => bucketOf(distance, 10));
    expect(buckets).toEqual([0, 0, 1, 2, 3, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9]);
  });
});
