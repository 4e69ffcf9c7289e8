import { describe, expect, test } from 'vitest';
import { cpuBudget, gpuBudget, msPerToken } from '../../../model-assets/toolchain/src/stages/tune.ts';

describe('token budget', () => {
  test.each([
    [1, 1024],
    [30_522, 1024],
    [65_536, 1024],
    [131_072, 512],
    [250_002, 268],
    [1_000_000, 256],
  ])('of a model that gives %i values a token is %i', (values, budget) => {
    expect(cpuBudget(values)).toBe(budget);
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
