import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundleFunction, type FunctionName } from '../../../infra/constructs/src/function-code.ts';
import { refusalOf } from './template.ts';

test('a bundle has every chunk that its entry imports', () => {
  const { folder, bytes } = bundleFunction('predict');
  const files = readdirSync(folder, { recursive: true }).map(String);
  const entry = readFileSync(join(folder, 'index.mjs'), 'utf8');
  const chunks = [...entry.matchAll(/["']\.\/(chunks\/[\w.-]+)["']/g)].map(([, chunk]) => chunk);
  expect(chunks.length).toBeGreaterThan(0);
  expect(files).toEqual(expect.arrayContaining(chunks));
  expect(bytes).toBeGreaterThan(entry.length);
});

test('a function that does not exist is refused with what the bundler says', () => {
  const name: FunctionName = JSON.parse('"predit"');
  const { code, message } = refusalOf(() => bundleFunction(name));
  expect(code).toBe('BUNDLE_FAILED');
  expect(message).toMatch(/^The predit function can not be bundled: .*predict/);
});
