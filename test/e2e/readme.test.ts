import { readFileSync } from 'node:fs';
import { Engine } from '@pilotlight/engine';
import { expect, test } from 'vitest';
import { DEFAULT_MODELS, PACKAGES } from './packages.ts';

async function defaultEntries() {
  const entries = await new Engine({ packages: PACKAGES }).models();
  return entries.filter(({ name }) => DEFAULT_MODELS.some((model) => model === name));
}

const readme = readFileSync('README.md', 'utf8');
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

test('README has every figure of the default models, as their manifests have it', async () => {
  const entries = await defaultEntries();
  const rows = entries.flatMap(({ name, manifest }) =>
    (manifest?.runtime === 'onnx' ? manifest.quality : []).map(
      ({ dataset, metric, fp32, served }) =>
        `| \`${name}\` | ${dataset} | ${metric} | ${percent(fp32)} | ${percent(served)} |`,
    ),
  );
  expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
});

test('README presents every default model', async () => {
  const entries = await defaultEntries();
  const missing = entries.filter(
    ({ name, manifest }) => !readme.includes(`| \`${name}\` | ${manifest?.task} |`),
  );
  expect(missing.map(({ name }) => name)).toEqual([]);
  expect(new Set(entries.map(({ name }) => name))).toEqual(new Set(DEFAULT_MODELS));
});
