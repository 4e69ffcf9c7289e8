import { describe, expect, test } from 'vitest';
import {
  chooseBudget,
  gpuBudget,
  largestBudget,
  msPerToken,
} from '../../../model-assets/toolchain/src/stages/tune.ts';

describe('token budget', () => {
  test('is the smallest that is within 3 % of the fastest', () => {
    expect(chooseBudget({ 256: 400, 512: 486, 1024: 500, 2048: 480 })).toBe(512);
    expect(chooseBudget({ 256: 400, 512: 484, 1024: 500, 2048: 499 })).toBe(1024);
  });

  test.each([
    [1, 8192],
    [1024, 8192],
    [30_522, 2048],
    [250_002, 256],
    [1_000_000, 256],
  ])('of a model that gives %i values a token is at most %i', (values, budget) => {
    expect(largestBudget(values)).toBe(budget);
  });
});

test.each([
  [1, 16_384],
  [30_522, 2198],
  [250_002, 268],
  [1_000_000, 256],
])('the budget on a GPU of a model that gives %i values a token is %i', (values, budget) => {
  expect(gpuBudget(values)).toBe(budget);
});

test('the time of a token is that of a text divided by its tokens, in three digits', () => {
  expect(msPerToken(500, 20)).toBe(0.1);
  expect(msPerToken(471.3, 37.25)).toBe(0.057);
  expect(msPerToken(3, 128)).toBe(2.6);
});
