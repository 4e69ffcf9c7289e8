import { describe, expect, test } from 'vitest';
import { chooseBudget } from '../../../model-assets/toolchain/stages/tune.ts';

describe('token budget', () => {
  test('is the smallest that is within 3 % of the fastest', () => {
    expect(chooseBudget({ 256: 400, 512: 486, 1024: 500, 2048: 480 })).toBe(512);
    expect(chooseBudget({ 256: 400, 512: 484, 1024: 500, 2048: 499 })).toBe(1024);
  });
});
