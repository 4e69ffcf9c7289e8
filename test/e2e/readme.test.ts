import { readFileSync } from 'node:fs';
import { Engine, type PackageManifest } from '@pilotlight/engine';
import { expect, test } from 'vitest';
import { DEFAULT_MODELS, PACKAGES } from './packages.ts';

const MODELS: readonly string[] = [...DEFAULT_MODELS, 'frames'];

async function defaultEntries() {
  const entries = await new Engine({ packages: PACKAGES }).models();
  return entries.filter(({ name }) => MODELS.includes(name));
}

const readme = readFileSync('README.md', 'utf8');
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

test('README has every figure of the default models, as their manifests have it', async () => {
  const entries = await defaultEntries();
  const rows = entries.flatMap(({ name, manifest }) =>
    figuresOf(manifest).map(
      ({ dataset, metric, fp32, served }) =>
        `| \`${name}\` | ${dataset} | ${metric} | ${percent(fp32)} | ${percent(served)} |`,
    ),
  );
  expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
});

test('README presents every default model', async () => {
  const entries = await defaultEntries();
  const missing = entries.filter(
    ({ name }) => !readme.includes(`\`${name}\` (`) && !readme.includes(`\`${name}\`, `),
  );
  expect(missing.map(({ name }) => name)).toEqual([]);
  expect(new Set(entries.map(({ name }) => name))).toEqual(new Set(MODELS));
});

/** Of a model that writes texts, those of the search that its makers would take: the last. */
function figuresOf(manifest: PackageManifest | undefined) {
  if (manifest?.runtime === 'onnx') return manifest.quality;
  return manifest?.runtime === 'generation' ? (manifest.quality ?? []).slice(-1) : [];
}
