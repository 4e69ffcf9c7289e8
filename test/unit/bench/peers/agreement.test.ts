import { describe, expect, it } from 'vitest';
import { compareEmbeddings } from '../../../bench/peers/agreement.ts';

const VECTORS = [
  [1, 0],
  [0, 1],
];
const own = { name: 'own', precision: 'fp32', vectors: VECTORS } as const;

describe('the agreement of embeddings', () => {
  it('is told by the lowest and the mean cosine to the first subject in fp32', () => {
    const int8 = {
      name: 'int8',
      precision: 'int8',
      vectors: [
        [1, 0],
        [3, 4],
      ],
    } as const;
    const [first] = compareEmbeddings([int8, own]);
    expect(first).toMatchObject({
      name: 'int8',
      reference: 'own',
      lowest: expect.closeTo(0.8),
      mean: expect.closeTo(0.9),
    });
  });

  it('does not mind lengths', () => {
    const longer = {
      ...own,
      name: 'longer',
      vectors: [
        [7, 0],
        [0, 0.1],
      ],
    };
    expect(compareEmbeddings([own, longer])).toEqual([
      { name: 'longer', reference: 'own', lowest: 1, mean: 1 },
    ]);
  });

  it('refuses fp32 that differs by more than rounding, and names both', () => {
    const other = {
      ...own,
      name: 'other',
      vectors: [
        [1, 0.01],
        [0, 1],
      ],
    };
    expect(() => compareEmbeddings([own, other])).toThrow(/other and own disagree: cosine 0\.99995/);
  });

  it('refuses an embedding that is no number', () => {
    const broken = {
      ...own,
      name: 'broken',
      vectors: [
        [Number.NaN, 0],
        [0, 1],
      ],
    };
    expect(() => compareEmbeddings([own, broken])).toThrow(
      expect.objectContaining({ code: 'ANSWERS_DIFFER' }),
    );
  });

  it('has nothing to say of one subject', () => {
    expect(compareEmbeddings([own])).toEqual([]);
    expect(compareEmbeddings([])).toEqual([]);
  });
});
