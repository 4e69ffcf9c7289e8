/** Every kind of model beside itself: its answers are read, nothing differs, and a fingerprint says so. */
import { join } from 'node:path';
import { builtInSamples, diffModels, fingerprintModel, openSide } from '@pilotlight/lifecycle';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { addExample } from './example-archive.ts';
import { addTaskModels } from './task-models.ts';

const packages = join(temporaryFolder(), 'packages');
const KINDS: Readonly<Record<string, string>> = {
  ...{ reviews: 'labels', entities: 'spans', answers: 'answers', masks: 'tokens', entailment: 'labels' },
  ...{ encoder: 'neighbours', ranker: 'orders', ner: 'values' },
};

beforeAll(async () => {
  await addTaskModels(packages);
  await addExample(packages);
});

test.each(Object.keys(KINDS))('the model %s', async (name) => {
  const side = await openSide({ packages, ref: name });
  try {
    const { answers, package: compared } = await diffModels(side, side, { latency: false });
    expect(answers.flips).toEqual([]);
    expect(answers.decisions.total).toBeGreaterThan(0);
    expect(answers.tokens?.differences).toEqual([]);
    expect(answers.kind).toBe(KINDS[name]);
    expect(compared).toMatchObject({ settings: [], labels: [], tokenizer: [], files: [] });
    const samples = (await builtInSamples(side.manifest, side.folder)).slice(0, 8);
    const alone = await fingerprintModel(side, samples, { batch: 1 });
    expect(await fingerprintModel(side, samples, { batch: 8 })).toEqual(alone);
  } finally {
    await side.dispose();
  }
});
