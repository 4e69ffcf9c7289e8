import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareVersions } from '../../../model-assets/format/src/versions.ts';

it('orders versions as section 11 of semver.org does', () => {
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
