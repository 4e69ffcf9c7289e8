/** `models eval` and the figures that are recorded in the default models agree on the public test splits; read where they lie beside the project. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Engine } from '@pilotlight/engine';
import { evaluate, readRows } from '@pilotlight/lifecycle';
import { describe, expect, it } from 'vitest';
import { LONG } from '../scale.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DATASETS = resolve(ROOT, '../shared/datasets');
const PACKAGES = resolve(ROOT, 'model-assets/packages');
/** int8 answers differ a little from one instruction set to another. */
const TOLERANCE = 0.005;

const QUICK = [['slots', 'snips', { 'span F1': 'span-f1' }]] as const;
const SLOW = [
  ['sentiment', 'sst2', { accuracy: 'accuracy' }],
  ['sentiment', 'sentiment_mix', { accuracy: 'accuracy' }],
  [
    'intent',
    'clinc150',
    { 'in-scope accuracy': 'in-scope-accuracy', 'out-of-scope recall': 'out-of-scope-recall' },
  ],
] as const;

describe.skipIf(!existsSync(DATASETS))('an evaluation (skipped without ../shared/datasets)', () => {
  it.each([...QUICK, ...(LONG ? SLOW : [])])(
    'of %s on %s gives the figures of its manifest',
    async (model, name, metrics) => {
      const dataset = await readRows(resolve(DATASETS, name, 'test.jsonl'));
      const report = await evaluate({ model: { packages: PACKAGES, ref: model }, dataset });
      const engine = new Engine({ packages: PACKAGES });
      const { quality } = (await engine.predictor(model)).manifest;
      await engine.dispose();
      for (const [metric, figure] of Object.entries(metrics)) {
        const recorded = quality.find((one) => one.dataset === `${name}/test` && one.metric === metric);
        const { value = Number.NaN } = report.metrics[figure] ?? {};
        expect(Math.abs(value - (recorded?.served ?? Number.NaN))).toBeLessThan(TOLERANCE);
      }
    },
  );
});
