/**
 * What int8 costs the default models, by the figures of their manifests: each was measured when the model was packaged, on
 * the public test split that it names, with fp32 and with what is served. default-models.test.ts repeats those of what is served.
 */
import { join } from 'node:path';
import { FolderStore } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import { readCatalog } from '../../layers/builders/src/models/index.ts';

const ASSETS = join(import.meta.dirname, '../../model-assets');
const LEAST_AGREEMENT = 0.99;
/** Half a point of accuracy, recall or F1. */
const LARGEST_LOSS = 0.005;

const entries = await new FolderStore(join(ASSETS, 'packages')).list();
const figures = entries.flatMap(({ name, manifest }) =>
  (manifest?.runtime === 'onnx' ? manifest.quality : []).map((quality) => ({ model: name, ...quality })),
);

const measured = entries.flatMap(({ name, manifest }) =>
  (manifest && 'quality' in manifest ? (manifest.quality ?? []) : []).map(({ dataset, rows }) => ({
    ...{ model: name, dataset, rows },
  })),
);

describe('an int8 default', () => {
  it('is measured on a test split of at least 500 rows', () => {
    for (const { name } of readCatalog(join(ASSETS, 'catalog.json'))) {
      const own = measured.filter(({ model }) => model === name);
      expect(own.length, name).toBeGreaterThan(0);
      expect(
        own.every(({ dataset, rows }) => dataset.endsWith('/test') && rows >= 500),
        name,
      ).toBe(true);
    }
    for (const { manifest } of entries) expect(manifest).toMatchObject({ defaultVariant: 'int8' });
  });

  it.each(figures)('$model gives the labels of fp32 on $dataset: $metric', ({ agreement }) => {
    expect(agreement).toBeGreaterThanOrEqual(LEAST_AGREEMENT);
  });

  it.each(figures)('$model loses less than half a point on $dataset: $metric', ({ fp32, served }) => {
    expect(fp32 - served).toBeLessThan(LARGEST_LOSS);
  });
});
