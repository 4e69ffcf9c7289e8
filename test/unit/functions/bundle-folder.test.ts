import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BundleError, bundleFolder, type FunctionName } from '@pilotlight/functions';
import { expect, test } from 'vitest';

test('a bundle has every chunk that its entry imports', () => {
  const { folder, bytes } = bundleFolder('predict');
  const files = readdirSync(folder, { recursive: true }).map(String);
  const entry = readFileSync(join(folder, 'index.mjs'), 'utf8');
  const chunks = [...entry.matchAll(/["']\.\/(chunks\/[\w.-]+)["']/g)].map(([, chunk]) => chunk);
  expect(chunks.length).toBeGreaterThan(0);
  expect(files).toEqual(expect.arrayContaining(chunks));
  expect(bytes).toBeGreaterThan(entry.length);
});

test('a process bundles a function once', () => {
  expect(bundleFolder('warmer')).toBe(bundleFolder('warmer'));
});

test('a function that does not exist is refused with the names of those that do', () => {
  const name: FunctionName = JSON.parse('"predit"');
  expect(() => bundleFolder(name)).toThrow(BundleError);
  expect(() => bundleFolder(name)).toThrow(/^There is no function predit; there are predict, warmer/);
});
