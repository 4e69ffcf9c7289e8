import { describe, expect, it } from 'vitest';
import { flatten, floats, integers, runModule } from '../../../fixtures/allennlp-module.ts';

const TABLE = [
  [0, 0],
  [3, 4],
  [0.3, 0.4],
];
const weight = { dims: [3, 2], data: Float32Array.from(TABLE.flat()) };
const params = { type: 'embedding', embedding_dim: 2, num_embeddings: 3 };

const lookUp = (more: object, tensors: Parameters<typeof runModule>[2] = { weight }) =>
  runModule('embedding', { ...params, ...more }, tensors, { ids: integers([[1, 2]]) }, (table) =>
    table.lookUp('ids'),
  );

describe('embedding', () => {
  it('gives a row for each id', async () => {
    const { dims, values } = await lookUp({});
    expect(dims).toEqual([1, 2, 2]);
    expect(values).toEqual(flatten([3, 4, Math.fround(0.3), Math.fround(0.4)]));
  });

  it('projects the rows where it has a projection', async () => {
    const tensors = {
      weight,
      '_projection.weight': { dims: [1, 2], data: Float32Array.of(1, 10) },
      '_projection.bias': { dims: [1], data: Float32Array.of(0.5) },
    };
    const { values } = await lookUp({ projection_dim: 1 }, tensors);
    expect(values[0]).toBeCloseTo(43.5, 5);
    expect(values[1]).toBeCloseTo(4.8, 5);
  });

  it('cuts rows that are longer than max_norm, and leaves the others', async () => {
    const { values } = await lookUp({ max_norm: 1 });
    for (const [index, value] of [0.6, 0.8, 0.3, 0.4].entries()) expect(values[index]).toBeCloseTo(value, 5);
  });

  it('of fewer rows than tokens is refused', async () => {
    await expect(lookUp({ num_embeddings: 4 })).rejects.toMatchObject({ code: 'WEIGHTS_INVALID' });
  });
});

describe('bag_of_embeddings', () => {
  const x = floats([TABLE, TABLE, TABLE]);
  const mask = floats([
    [1, 1, 1],
    [0, 1, 0],
    [0, 0, 0],
  ]);
  const run = (averaged: boolean) =>
    runModule(
      'seq2vec_encoder',
      { type: 'bag_of_embeddings', embedding_dim: 2, averaged },
      {},
      { x, mask },
      (encoder) => encoder.encode('x', 'mask'),
    );

  it('sums the tokens, or takes their mean; both are zero without tokens', async () => {
    const expected = { true: [1.1, 4.4 / 3, 3, 4, 0, 0], false: [3.3, 4.4, 3, 4, 0, 0] };
    for (const averaged of [true, false]) {
      const { values } = await run(averaged);
      for (const [index, value] of expected[`${averaged}`].entries()) {
        expect(values[index]).toBeCloseTo(value, 5);
      }
    }
  });
});
