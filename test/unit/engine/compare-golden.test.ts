import { describe, expect, test } from 'vitest';
import type { TokenResult } from '../../../layers/engine/src/ports.ts';
import {
  compareWithGolden,
  type Deviation,
  measureDrift,
} from '../../../layers/engine/src/predict/goldens/compare.ts';
import type { Golden } from '../../../layers/engine/src/predict/goldens/golden.ts';

const LOGITS = Float32Array.of(0.25, -1.5, 3, 1, 2, 1.5);
const GOLDEN: Golden = {
  text: 'a',
  ids: [2, 17, 3],
  outputs: {
    logits: {
      dims: [2, 3],
      values: [...LOGITS],
      top: [
        [2, 2.75],
        [1, 0.5],
      ],
    },
  },
};

function result(ids: readonly number[], data: Float32Array, dims: readonly number[]): TokenResult {
  const encoding = { ids, typeIds: [], untruncatedLength: ids.length };
  return { encoding, outputs: { logits: { dims, data } } };
}

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

  test('measures the start and the end of an answer, and values that are far between', () => {
    const [start, end] = [Float32Array.of(1, 5, 2), Float32Array.of(1, 2, 5)];
    const golden: Golden = {
      ...{ text: 'a', ids: [2, 17, 3] },
      outputs: {
        start_logits: { dims: [3], values: [1, 2], stride: 2, top: [[1, 3]] },
        end_logits: { dims: [3], values: [1, 5], stride: 2, top: [[1, 4]] },
      },
    };
    const encoding = { ids: [2, 17, 3], typeIds: [], untruncatedLength: 3 };
    const outputs = {
      start_logits: { dims: [3], data: start },
      end_logits: { dims: [3], data: end.with(0, 1.5) },
    };
    expect(compareWithGolden(golden, { encoding, outputs })).toMatchObject({
      deviation: { largest: 0.5, expected: 1, actual: 1.5, flips: 1, flippedMargin: 4 },
    });
    expect(compareWithGolden(golden, { encoding, outputs: { start_logits: outputs.start_logits } })).toEqual({
      problem: 'the model gave no end_logits',
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

describe('drift', () => {
  const deviation = (changes: Partial<Deviation>): Deviation => ({
    largest: 0,
    expected: 0,
    actual: 0,
    squaredError: 0,
    squaredExpected: 1,
    flips: 0,
    flippedMargin: 0,
    ...changes,
  });

  test('is 1 for a value that is off by the tolerance', () => {
    expect(measureDrift(deviation({ largest: 0.25 }), 0.25)).toBe(1);
    expect(measureDrift(deviation({ largest: 0.5 }), 0.25)).toBe(2);
  });

  test('is above 1 where a top label differs whose margin two such values cannot close', () => {
    expect(measureDrift(deviation({ largest: 0.25, flips: 1, flippedMargin: 0.5 }), 0.25)).toBe(1);
    expect(measureDrift(deviation({ largest: 0.25, flips: 1, flippedMargin: 0.75 }), 0.25)).toBe(1.5);
  });
});
