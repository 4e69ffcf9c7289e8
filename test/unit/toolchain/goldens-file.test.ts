import { describe, expect, test } from 'vitest';
import type { TokenResult } from '../../../layers/engine/src/ports.ts';
import { compareWithGolden } from '../../../model-assets/toolchain/package/compare-golden.ts';
import { goldenOutput } from '../../../model-assets/toolchain/package/golden-output.ts';
import {
  formatGoldens,
  type Golden,
  type Goldens,
  parseGoldens,
} from '../../../model-assets/toolchain/package/goldens-file.ts';

const LOGITS = Float32Array.of(0.25, -1.5, 3, 1, 2, 1.5);
const GOLDEN: Golden = {
  text: 'a\n"b" 😀',
  ids: [2, 17, 3],
  outputs: { logits: goldenOutput({ dims: [2, 3], data: LOGITS }, true) },
};

function result(ids: readonly number[], data: Float32Array, dims: readonly number[]): TokenResult {
  const none = () => [];
  const encoding = {
    ids,
    untruncatedLength: ids.length,
    typeIds: none,
    spans: none,
    wordIds: none,
    tokens: none,
  };
  return { encoding: { ...encoding, specialTokensMask: none }, outputs: { logits: { dims, data } } };
}

describe('goldens.jsonl', () => {
  test('gives back what was written', () => {
    const goldens: Goldens = { tolerance: { int8: 0.1 }, goldens: [GOLDEN, { ...GOLDEN, pair: 'second' }] };
    expect(parseGoldens(formatGoldens(goldens))).toEqual(goldens);
  });

  test.each([
    ['', 1],
    ['{"goldens":2,"tolerance":{}}\n', 1],
    ['{"goldens":1,"tolerance":{}}\n{"text":"a"}\n', 2],
    ['{"goldens":1,"tolerance":{}}\nnot json\n', 2],
  ])('refuses %j by the number of its line', (content, line) => {
    expect(() => parseGoldens(content)).toThrow(`Line ${line} of the goldens is not valid`);
  });

  test('stores whole rows, at most 8 of them, and the top of every row with its margin', () => {
    const data = Float32Array.from({ length: 20 * 4 }, (_, at) => (at % 4 === 2 ? 1.5 : 0.25));
    const output = goldenOutput({ dims: [20, 4], data }, true);
    expect(output.values).toHaveLength(8 * 4);
    expect(output.top).toHaveLength(20);
    expect(output.top?.[19]).toEqual([2, 1.25]);
    expect(goldenOutput({ dims: [20, 768], data: new Float32Array(20 * 768) }, false).values).toHaveLength(
      768,
    );
  });
});

describe('comparison with a golden', () => {
  test('finds no deviation in the very same answer', () => {
    expect(compareWithGolden(GOLDEN, result([2, 17, 3], LOGITS, [2, 3]))).toEqual({
      deviation: {
        largest: 0,
        expected: 0,
        actual: 0,
        squaredError: 0,
        squaredExpected: 18.5625,
        flips: 0,
        flippedMargin: 0,
      },
    });
  });

  test('measures differences, and rows whose top label differs with the margin that fp32 gave', () => {
    const moved = Float32Array.of(0.25, -1.5, 3, 1, 2, 2.5);
    expect(compareWithGolden(GOLDEN, result([2, 17, 3], moved, [2, 3]))).toEqual({
      deviation: {
        largest: 1,
        expected: 1.5,
        actual: 2.5,
        squaredError: 1,
        squaredExpected: 18.5625,
        flips: 1,
        flippedMargin: 0.5,
      },
    });
  });

  test.each([
    ['another token', result([2, 18, 3], LOGITS, [2, 3]), 'token 1 is 18 instead of 17'],
    ['a missing token', result([2, 17], LOGITS, [2, 3]), 'token 2 is missing instead of 3'],
    ['another shape', result([2, 17, 3], LOGITS, [3, 2]), 'shape [3,2] instead of [2,3]'],
    ['NaN', result([2, 17, 3], LOGITS.with(1, Number.NaN), [2, 3]), 'NaN or infinite'],
    ['no answer', undefined, 'token 0 is missing instead of 2'],
  ])('has a problem with %s', (_title, actual, problem) => {
    expect(compareWithGolden(GOLDEN, actual)).toEqual({ problem: expect.stringContaining(problem) });
  });
});
