import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareVersions } from '../../../model-assets/format/src/ref/versions.ts';

it('compareVersions orders versions as section 11 of semver.org does', () => {
  const ascending = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.9.0',
    '1.10.0',
    '2.0.0',
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(ascending, { minLength: ascending.length }), (shuffled) => {
      expect(shuffled.toSorted(compareVersions)).toEqual(ascending);
    }),
  );
});

it('compareVersions says 0 of a version and itself, and the opposite of the two the other way round', () => {
  const versions = ['1.0.0', '1.0.1', '1.0.0-a', '1.0.0-a.1', '1.0.0-2', '1.0.0-10', '10.0.0'];
  for (const left of versions)
    for (const right of versions) {
      const order = Math.sign(compareVersions(left, right));
      expect(order === 0, `${left} ${right}`).toBe(left === right);
      expect(order + Math.sign(compareVersions(right, left)), `${left} ${right}`).toBe(0);
    }
});

it('compareVersions takes an identifier for a number only where it has digits alone, and for a tag all that follows the first dash', () => {
  const ascending = ['1.0.0-2', '1.0.0-10', '1.0.0-10a', '1.0.0-a10', '1.0.0-a10-b', '1.0.0-a9'];
  expect(ascending.toReversed().toSorted(compareVersions)).toEqual(ascending);
  expect(compareVersions('1.0.0-a-b', '1.0.0-a-c')).toBeLessThan(0);
  expect(compareVersions('1.0.0-1', '1.0.0--a')).toBeLessThan(0);
});

it('compareVersions puts the numbers before the tag, however many digits they have', () => {
  const ascending = [
    '1.0.9',
    '1.0.10',
    '1.0.20',
    '1.0.100-rc',
    '1.0.100',
    '2.0.0-beta',
    '3.0.0-alpha',
    '3.0.0',
  ];
  expect(ascending.toReversed().toSorted(compareVersions)).toEqual(ascending);
  for (const [i, left] of ascending.entries())
    for (const right of ascending.slice(i + 1))
      expect(compareVersions(left, right), `${left} ${right}`).toBeLessThan(0);
});
