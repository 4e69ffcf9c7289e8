import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

/** The text of the files that are read before the first request: the entry, and what is imported from them and not asked for later. */
function readStart(
  folder: string,
  file = 'index.mjs',
  seen = new Map<string, string>(),
): Map<string, string> {
  if (seen.has(file)) return seen;
  const text = readFileSync(join(folder, file), 'utf8');
  seen.set(file, text);
  for (const [, path = ''] of text.matchAll(/^(?:import|export|\}) ?(?:.* ?from )?"(\.[^"]+)"/gm))
    readStart(folder, join(dirname(file), path), seen);
  return seen;
}

test('predict starts without what only packages of a bucket need', () => {
  const start = [...readStart(bundleFolder('predict').folder).values()].join('\n');
  expect(start).toContain('layers/engine/src/store/folder-store.ts');
  expect(start).not.toContain('layers/engine/src/store/s3/remote-package.ts');
  expect(start).not.toContain('@aws-sdk/');
});

test('predict answers without the client of HTTP that Node has inside', () => {
  const entry = JSON.stringify(join(bundleFolder('predict').folder, 'index.mjs'));
  const requestContext = { stage: '$default', http: { method: 'POST', path: '/models/none' } };
  const headers = { 'content-type': 'application/json', host: 'localhost' };
  const event = { rawPath: '/models/none', headers, requestContext, body: '{"inputs": "a"}' };
  const code = `
    const { handler } = await import(${entry});
    const { statusCode } = await handler(${JSON.stringify(event)}, { functionName: 'predict' });
    const client = process.moduleLoadList.filter((name) => /undici|http2|tls/.test(name));
    console.log(JSON.stringify({ statusCode, client }));`;
  const env = {
    ...process.env,
    PILOTLIGHT_MODELS_DIR: import.meta.dirname,
    POWERTOOLS_METRICS_DISABLED: 'true',
  };
  const written = execFileSync(process.execPath, ['--input-type=module', '--eval', code], { env }).toString();
  expect(JSON.parse(written.trim().split('\n').at(-1) ?? '')).toEqual({ statusCode: 404, client: [] });
});

test('a process bundles a function once', () => {
  expect(bundleFolder('warmer')).toBe(bundleFolder('warmer'));
});

test('a function that does not exist is refused with the names of those that do', () => {
  const name: FunctionName = JSON.parse('"predit"');
  expect(() => bundleFolder(name)).toThrow(BundleError);
  expect(() => bundleFolder(name)).toThrow(/^There is no function predit; there are predict, warmer/);
});
