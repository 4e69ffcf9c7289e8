import { describe, expect, test } from 'vitest';
import { closest, didYouMean } from '../../../model-assets/format/src/errors.ts';

const MODELS = ['sentiment', 'intent', 'slots'];

describe('the closest name', () => {
  test.each([
    ['sentimant', 'sentiment'],
    ['slot', 'slots'],
    ['itnent', 'intent'],
  ])('of %j is %j', (word, meant) => {
    expect(closest(word, MODELS)).toBe(meant);
    expect(didYouMean(word, MODELS, (name) => `"${name}"`)).toBe(`; did you mean "${meant}"?`);
  });

  test.each([['nope'], ['something'], ['ab'], ['']])('of %j is none', (word) => {
    expect(closest(word, [...MODELS, 'cd'])).toBeUndefined();
    expect(didYouMean(word, MODELS)).toBe('.');
  });

  test('among none is none', () => {
    expect(closest('slots', [])).toBeUndefined();
  });
});
