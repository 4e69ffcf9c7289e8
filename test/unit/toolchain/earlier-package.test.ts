/**
 * A package that was made before there was a ladder of int8, by the toolchain of commit 430793c: a BERT of two layers with random
 * weights, in `int8-dynamic-per-channel-7bit`, whose answers are the same on every x86.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Engine, FolderStore } from '../../../layers/engine/src/index.ts';
import { verifyPackage } from '../../../model-assets/toolchain/src/verify-package.ts';

const packages = join(import.meta.dirname, '../../fixtures/packages');

test('a package from before the ladder is read without the figures that it does not have', async () => {
  const [entry] = await new FolderStore(packages).list();
  expect(entry).toMatchObject({ name: 'earlier', version: '1.0.0', manifest: { formatVersion: 1 } });
  const manifest = entry?.manifest;
  const variant = manifest?.runtime === 'onnx' ? manifest.variants.int8 : undefined;
  expect(variant?.scheme).toBe('int8-dynamic-per-channel-7bit');
  expect(variant?.againstFp32 ?? variant?.speedup).toBeUndefined();
});

test('a package from before the ladder is proven by the bounds that it was made with', async () => {
  const [entry] = await new FolderStore(packages).list();
  const proofs = await verifyPackage(packages, entry ?? { name: 'earlier', version: '1.0.0' });
  expect(proofs).toMatchObject([{ variant: 'int8', goldens: 36, tolerance: 0.0546, warnings: [] }]);
});

test('a package from before the ladder answers as it did', async () => {
  const engine = new Engine({ packages });
  const { results } = await engine.predict('earlier', 'I love this movie');
  // As the engine of that commit gave it.
  expect(results).toEqual([
    [
      { label: 'negative', score: expect.closeTo(0.64068, 4) },
      { label: 'neutral', score: expect.closeTo(0.29034, 4) },
      { label: 'positive', score: expect.closeTo(0.06898, 4) },
    ],
  ]);
  await engine.dispose();
});
