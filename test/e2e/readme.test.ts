import { readFileSync } from 'node:fs';
import { Engine } from '@pilotlight/engine';
import { expect, test } from 'vitest';
import { PACKAGES } from './packages.ts';

const readme = readFileSync('README.md', 'utf8');
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

test('README has every figure of the default models, as their manifests have it', async () => {
  const entries = await new Engine({ packages: PACKAGES }).models();
  const rows = entries.flatMap(({ name, manifest }) =>
    (manifest?.quality ?? []).map(
      ({ dataset, metric, fp32, served }) =>
        `| \`${name}\` | ${dataset} | ${metric} | ${percent(fp32)} | ${percent(served)} |`,
    ),
  );
  expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
});

test('README presents every default model', async () => {
  const entries = await new Engine({ packages: PACKAGES }).models();
  const missing = entries.filter(
    ({ name, manifest }) => !readme.includes(`| \`${name}\` | ${manifest?.task} |`),
  );
  expect(missing.map(({ name }) => name)).toEqual([]);
  expect(entries.map(({ name }) => name)).toEqual(['intent', 'sentiment', 'slots']);
});
