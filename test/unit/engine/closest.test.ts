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
    expect(didYouMean(word, MODELS)).toBe(`; did you mean ${meant}?`);
    expect(didYouMean(word, MODELS, (name) => `"${name}"`)).toBe(`; did you mean "${meant}"?`);
  });

  test.each([['nope'], ['something'], ['ab'], ['']])('of %j is none', (word) => {
    expect(closest(word, [...MODELS, 'cd'])).toBeUndefined();
    expect(didYouMean(word, MODELS)).toBe('.');
  });

  test.each([
    ['abcdefghi', 'abcdefxyz', true],
    ['abcdefgh', 'abcdexyz', false],
    ['abc', 'xyc', true],
    ['ab', 'xb', true],
    ['abcd', 'wxyd', false],
  ])(
    'to %j may be %j: %s, as two letters or a third of them may differ, but never all',
    (word, other, may) => {
      expect(closest(word, [other])).toBe(may ? other : undefined);
    },
  );

  test('is the one with the fewest slips, wherever it stands, and the first of equal ones', () => {
    expect(closest('slots', ['slits', 'slot', 'slots!', 'slots'])).toBe('slots');
    expect(closest('slots', ['plots', 'slats', 'shots'])).toBe('plots');
  });

  test('counts a letter too many, a letter too few and another letter as one slip each', () => {
    for (const word of ['entitis', 'entitiies', 'entitees', 'ntities', 'xentities'])
      expect(closest(word, ['nothing', 'entities'])).toBe('entities');
  });

  test('is not a long one that ends as a short word does', () => {
    expect(closest('xc', ['zzzzc'])).toBeUndefined();
  });

  test('among none is none', () => {
    expect(closest('slots', [])).toBeUndefined();
  });
});
