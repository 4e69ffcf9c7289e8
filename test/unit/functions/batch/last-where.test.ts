import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lastWhere } from '../../../../functions/batch/src/object/last-where.ts';

it('a search finds the last number that holds in few questions, wherever it is told to look first', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: -1, max: 5000 }),
      fc.integer({ min: -1, max: 5000 }),
      async (last, hint) => {
        let asked = 0;
        const found = await lastWhere(async (number) => {
          asked += 1;
          return number <= last;
        }, hint);
        expect(found).toBe(last);
        expect(asked).toBeLessThan(30);
      },
    ),
  );
});
