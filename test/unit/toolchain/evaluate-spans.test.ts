import { describe, expect, test } from 'vitest';
import { findChunks, spanF1 } from '../../../model-assets/toolchain/src/stages/evaluate/spans.ts';

const tags = (line: string): string[] => line.split(' ');

describe('chunks of BIO tags, as conlleval reads them', () => {
  test.each([
    ['O O O', []],
    ['B-per I-per O B-loc', ['per 0-2', 'loc 3-4']],
    ['B-per B-per', ['per 0-1', 'per 1-2']],
    ['O I-per I-per O', ['per 1-3']],
    ['B-per I-loc I-loc', ['per 0-1', 'loc 1-3']],
    ['I-per B-per I-per', ['per 0-1', 'per 1-3']],
    ['B-object_part_of I-object_part_of', ['object_part_of 0-2']],
  ])('%s', (line, expected) => {
    expect(findChunks(tags(line)).map(({ label, start, end }) => `${label} ${start}-${end}`)).toEqual(
      expected,
    );
  });
});

describe('span F1', () => {
  test('of one hit, one wrong label, one wrong end and one invented chunk is 2 x 1 / (3 + 4)', () => {
    const gold = [tags('B-per I-per O B-loc O'), tags('O B-org I-org O O')];
    const predicted = [tags('B-per I-per O B-per O'), tags('B-loc B-org O O O')];
    expect(spanF1(gold, predicted)).toBeCloseTo(2 / 7, 12);
  });

  test('is 1 for equal tags, 0 without a hit, and 1 where there is nothing to find and nothing found', () => {
    const gold = [tags('B-per O'), tags('O O')];
    expect(spanF1(gold, gold)).toBe(1);
    expect(spanF1(gold, [tags('O O'), tags('B-per O')])).toBe(0);
    expect(spanF1([tags('O O')], [tags('O O')])).toBe(1);
  });

  test('counts a chunk only in its own row', () => {
    expect(spanF1([tags('B-per'), tags('O')], [tags('O'), tags('B-per')])).toBe(0);
  });
});
