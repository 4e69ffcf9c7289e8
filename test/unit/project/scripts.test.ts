import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';

const names = z.record(z.string(), z.string());
const packageJson = z.object({
  scripts: names,
  dependencies: names,
  devDependencies: names,
  allowScripts: z.record(z.string(), z.boolean()),
});
const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      resolved: z.string().optional(),
      hasInstallScript: z.boolean().optional(),
      optionalDependencies: names.optional(),
    }),
  ),
});

const manifest = packageJson.parse(JSON.parse(readFileSync('package.json', 'utf8')));
const lock = lockFile.parse(JSON.parse(readFileSync('package-lock.json', 'utf8'))).packages;
const { scripts } = manifest;

test('npm test begins with the checks of types, style and import rules', () => {
  expect(scripts.test).toMatch(/^npm run --silent check && vitest run$/);
  expect(scripts.check).toMatch(/^npm run --silent typecheck && biome check \. && npm run --silent imports$/);
});

test('CI runs npm test', () => {
  expect(readFileSync('.ci/run', 'utf8')).toMatch(/set -euo pipefail[\s\S]*exec npm test\n$/);
});

test('scripts that need the dependencies install them first', () => {
  for (const name of ['start', 'predict', 'models', 'layers', 'bench', 'test']) {
    expect(scripts[`pre${name}`]).toBe('node cli/ensure-installed.mjs');
  }
});

test('versions are exact', () => {
  const all = { ...manifest.dependencies, ...manifest.devDependencies };
  expect(Object.entries(all).filter(([, version]) => !/^(npm:[\w-]+@)?\d+\.\d+\.\d+$/.test(version))).toEqual(
    [],
  );
});

test('the lock file names no registry', () => {
  const urls = Object.values(lock).flatMap(({ resolved }) => resolved ?? []);
  expect(
    urls.filter((url) => /^https?:/.test(url) && !url.startsWith('https://registry.npmjs.org/')),
  ).toEqual([]);
});

test('the lock file knows the optional dependencies of every platform', () => {
  const missing = Object.entries(lock).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in lock) && !(`${path}/node_modules/${name}` in lock),
    ),
  );
  expect(missing).toEqual([]);
});

test('whether an install script may run is settled for every package that has one', () => {
  const withScript = Object.entries(lock).filter(([, { hasInstallScript }]) => hasInstallScript);
  const undecided = withScript
    .map(([path]) => path.split('node_modules/').at(-1) ?? path)
    .filter((name) => name !== 'fsevents' && !(name in manifest.allowScripts));
  expect(undecided).toEqual([]);
  expect(manifest.allowScripts['onnxruntime-node']).toBe(false);
});

test('scripts run on the Node that Lambda runs', () => {
  expect(manifest.devDependencies.node).toMatch(/^24\./);
  expect(execFileSync('node_modules/.bin/node', ['--version'], { encoding: 'utf8' })).toBe(
    `v${manifest.devDependencies.node}\n`,
  );
});
