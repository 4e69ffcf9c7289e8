/** Checkpoints as they come from the hub, packaged and served: their texts are those of PyTorch's `generate`. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Engine, type Generation } from '@pilotlight/engine';
import { packageGenerator } from '@pilotlight/toolchain';
import { describe, expect, it } from 'vitest';
import { sampled } from '../../scale.ts';
import { type BeamCase, differences, findFault, rowsOf } from '../../support/generation/reference-rows.ts';
import { GENERATORS, hasGenerators, readReference } from '../../support/generation/references.ts';
import { temporaryFolder } from '../../unit/toolchain/temporary-folder.ts';

const families = hasGenerators
  ? readdirSync(GENERATORS).filter((name) => existsSync(join(GENERATORS, name, 'reference.json')))
  : ['none'];
const packages = temporaryFolder();

describe.skipIf(!hasGenerators)(
  'a checkpoint that is packaged (skipped without ../shared/references)',
  () => {
    it.each(sampled(families, { short: 1 }))('gives what transformers generates: %s', async (family) => {
      const name = family.replaceAll('_', '-');
      const source = join(GENERATORS, family);
      const { proofs } = await packageGenerator({ source, packages, name, version: '1.0.0', force: false });
      expect(proofs).toMatchObject([{ variant: 'fp32', largest: 0, agreement: 1, sameInAnyBatch: true }]);
      const engine = new Engine({ packages });
      const model = await engine.model({ name });
      const faults: string[] = [];
      const off = differences();
      for (const one of readReference(family).cases as readonly BeamCase[]) {
        for (const row of rowsOf(one)) {
          const fault = await model.predict(row.input, row.parameters).then(
            ({ results: [result] }) => findFault(row, result as Generation, off),
            (error: unknown) => String(error),
          );
          if (fault !== undefined) faults.push(`${one.id}: ${fault}`);
        }
      }
      await engine.dispose();
      expect(faults).toEqual([]);
      expect(Math.max(...off.all)).toBeLessThan(1e-3);
    });
  },
);
