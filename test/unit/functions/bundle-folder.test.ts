import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BundleError, bundleFolder, type FunctionName } from '@pilotlight/functions';
import { bundleOptions } from '@pilotlight/functions/internal/bundle';
import { readMade, recordMade, SOURCES, sourcesSha256 } from '@pilotlight/functions/internal/made-before';
import { BUNDLES } from '@pilotlight/functions/internal/names';
import { isLongLived, serverOptions } from '@pilotlight/functions/internal/server-options';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { sampled } from '../../scale.ts';

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
    // A function refuses names like its own that it does not know.
    PILOTLIGHT_TESTS: undefined,
    PILOTLIGHT_MODELS_DIR: import.meta.dirname,
    POWERTOOLS_METRICS_DISABLED: 'true',
  };
  const written = execFileSync(process.execPath, ['--input-type=module', '--eval', code], { env }).toString();
  expect(JSON.parse(written.trim().split('\n').at(-1) ?? '')).toEqual({ statusCode: 404, client: [] });
});

test('a process bundles a function once', () => {
  expect(bundleFolder('warmer')).toBe(bundleFolder('warmer'));
});

describe('a bundle that was made of the same sources', () => {
  const sha256 = 'a'.repeat(64);

  test('is found by another process, which makes none', () => {
    const { folder } = bundleFolder('warmer');
    const record = join(folder, '../warmer.made.json');
    const { mtimeMs } = statSync(record);
    const code =
      "import { bundleFolder } from '@pilotlight/functions'; console.log(bundleFolder('warmer').folder);";
    const found = execFileSync(process.execPath, ['--input-type=module', '--eval', code]).toString();
    expect([found.trim(), statSync(record).mtimeMs]).toEqual([folder, mtimeMs]);
  });

  test('is none where a source has changed since, or nobody can read of which it was made', () => {
    const outdir = mkdtempSync(join(tmpdir(), 'pilotlight-made-'));
    expect(readMade(outdir, 'warmer')).toBeUndefined();
    recordMade(outdir, 'warmer', sha256);
    expect(readMade(outdir, 'warmer')).toBe(sha256);
    expect(readMade(outdir, 'batch')).toBeUndefined();
    const record = join(outdir, 'warmer.made.json');
    expect(JSON.parse(readFileSync(record, 'utf8'))).toEqual({ sources: sourcesSha256(), sha256 });
    for (const content of [JSON.stringify({ sources: 'b'.repeat(64), sha256 }), '{"sources"', 'null']) {
      writeFileSync(record, content);
      expect(readMade(outdir, 'warmer')).toBeUndefined();
    }
    rmSync(outdir, { recursive: true });
  });

  test.each(sampled(BUNDLES, { short: 1 }))(
    'is known by all of ours that esbuild reads: %s',
    async (name) => {
      const options = isLongLived(name) ? serverOptions(name, 'out') : bundleOptions(name, 'out');
      const { metafile } = await build({ ...options, write: false, metafile: true });
      const files = Object.keys(metafile.inputs).filter((file) => !/node_modules\/|^[\w-]+:/.test(file));
      expect(files.length).toBeGreaterThan(2);
      const ours = new RegExp(`^(?:${SOURCES.join('|')})/.*\\.(?:ts|json)$`);
      expect(files.filter((file) => !ours.test(file))).toEqual([]);
    },
  );
});

test('a function that does not exist is refused with the names of those that do', () => {
  const name: FunctionName = JSON.parse('"predit"');
  expect(() => bundleFolder(name)).toThrow(BundleError);
  expect(() => bundleFolder(name)).toThrow(/^There is no function predit; there are predict, warmer/);
});
