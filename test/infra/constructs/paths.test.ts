import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildFolder, defaultPackagesFolder } from '../../../infra/constructs/src/common/paths.ts';
import { describePackage } from '../../../layers/builders/src/models/index.ts';

let app: string;
beforeEach(() => {
  app = mkdtempSync(join(tmpdir(), 'pilotlight-app-'));
});
afterEach(() => rmSync(app, { recursive: true }));

test('an app without models of its own gets the default models of the clone', () => {
  expect(defaultPackagesFolder(app)).toBe(resolve('model-assets/packages'));
});

test('an app that installed pilotlight gets the default models that it brings', () => {
  const installed = join(app, 'node_modules/pilotlight');
  mkdirSync(join(installed, 'models'), { recursive: true });
  writeFileSync(join(installed, 'package.json'), '{"name": "pilotlight"}');
  expect(defaultPackagesFolder(app)).toBe(join(installed, 'models'));
});

test('the catalog beside the default models that pilotlight brings says where they run', () => {
  const installed = join(app, 'node_modules/pilotlight');
  const place = 'sentiment/1.0.1';
  cpSync(join('model-assets/packages', place), join(installed, 'models', place), { recursive: true });
  writeFileSync(join(installed, 'package.json'), '{"name": "pilotlight"}');
  const catalog = (tier: string) => JSON.stringify({ models: { sentiment: { version: '1.0.1', tier } } });
  const describe = () => describePackage(defaultPackagesFolder(app), { name: 'sentiment' });
  expect(describe()).toMatchObject({ folder: join(installed, 'models', place), tier: 'lambda' });
  writeFileSync(join(installed, 'catalog.json'), catalog('gpu'));
  expect(describe().tier).toBe('gpu');
});

test('an app with a folder of models gets its own', () => {
  mkdirSync(join(app, 'models'));
  expect(defaultPackagesFolder(app)).toBe(join(app, 'models'));
});

test('builds go into the cache of the node_modules of the app', () => {
  mkdirSync(join(app, 'node_modules'));
  expect(buildFolder('layers', app)).toBe(join(app, 'node_modules/.cache/pilotlight/layers'));
});

test('builds of an app without node_modules go into the temporary folder', () => {
  const folder = buildFolder('images', app);
  expect(folder.startsWith(tmpdir())).toBe(true);
  expect(folder.endsWith('images')).toBe(true);
});
