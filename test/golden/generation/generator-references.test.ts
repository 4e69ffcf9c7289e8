/** Everything that PyTorch's `generate` gives for tiny checkpoints, by the engine: tokens are equal, and scores within 1e-4. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Generation } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import { openReference } from '../../support/generation/open-generator.ts';
import { type BeamCase, differences, findFault, rowsOf } from '../../support/generation/reference-rows.ts';
import { GENERATORS, hasGenerators, readReference } from '../../support/generation/references.ts';

const families = hasGenerators
  ? readdirSync(GENERATORS).filter((name) => existsSync(join(GENERATORS, name, 'reference.json')))
  : ['none'];

describe.skipIf(!hasGenerators)('a generator (skipped without ../shared/references)', () => {
  it.each(families)(
    'gives what transformers generates, tokens and scores, all cases at once: %s',
    async (family) => {
      const model = await openReference(family);
      const faults: string[] = [];
      const off = differences();
      await Promise.all(
        readReference(family).cases.flatMap((one: BeamCase) =>
          rowsOf(one).map(async (row) => {
            const fault = await model.predict(row.input, row.parameters).then(
              ({ results: [result] }) => findFault(row, result as Generation, off),
              (error: unknown) => String(error),
            );
            if (fault !== undefined) faults.push(`${one.id}: ${fault}`);
          }),
        ),
      );
      expect(faults).toEqual([]);
      // These checkpoints are random: at a few of their tokens float32 by any engine, PyTorch too, is further from float64.
      const sorted = off.all.toSorted((a, b) => a - b);
      expect(sorted[Math.floor(sorted.length * 0.98)]).toBeLessThan(1e-4);
      expect(sorted.at(-1)).toBeLessThan(1e-3);
      await model.dispose();
    },
  );
});
