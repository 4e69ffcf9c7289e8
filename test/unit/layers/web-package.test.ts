import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describePackage } from '../../../layers/builders/src/models/index.ts';
import { buildWebPackage, WEB_PACKAGE_LIMIT_BYTES } from '../../../layers/builders/src/web/index.ts';
import { temporaryFolder } from '../toolchain/temporary-folder.ts';
import { packageOf, writePackage } from './model-packages.ts';

const scratch = temporaryFolder();
const bundle = join(scratch, 'bundle');
mkdirSync(bundle);
writeFileSync(join(bundle, 'index.mjs'), "console.log('started');\n");
const packages = join(scratch, 'packages');
writePackage(packages, { name: 'small' });
const predictors = join(scratch, 'own.mjs');
writeFileSync(predictors, 'export default {};\n');
const small = () => describePackage(packages, { name: 'small' });
const build = (changes: Partial<Parameters<typeof buildWebPackage>[0]> = {}) =>
  buildWebPackage({ models: [small()], bundle, outdir: join(scratch, 'out'), ...changes });

test('the package of a web function has the bundle at its top, native packages for arm64 beside it, and the models', () => {
  const { folder, bytes, entryPoint } = build({ predictors });
  const files = readdirSync(folder, { recursive: true }).map(String);
  expect(entryPoint).toBe('index.mjs');
  expect(files).toEqual(
    expect.arrayContaining([
      'index.mjs',
      'predictors.mjs',
      'models/small/1.0.0/model.json',
      'node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/onnxruntime_binding.node',
      'node_modules/onnxruntime-common/dist/cjs/package.json',
      'node_modules/tokenizers/tokenizers.linux-arm64-gnu.node',
    ]),
  );
  expect(files.filter((file) => file.includes('x64'))).toEqual([]);
  expect(bytes).toBeGreaterThan(30_000_000);
});

test('the package starts where Lambda is told of no entry point, too', () => {
  const { folder } = build();
  expect(readFileSync(join(folder, 'index.js'), 'utf8')).toBe("import './index.mjs';\n");
  expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toMatchObject({ type: 'module' });
});

test('the package is named after its content, and made once', () => {
  expect(build().folder).toBe(build().folder);
  expect(build().folder).not.toBe(build({ models: [] }).folder);
});

test('a package beyond what Lambda takes is refused with the sizes and what to do', () => {
  const models = [packageOf('huge', WEB_PACKAGE_LIMIT_BYTES)];
  expect(() => build({ models })).toThrow(
    expect.objectContaining({
      code: 'PLACEMENT_IMPOSSIBLE',
      message: expect.stringMatching(
        /^The package of the web function has \d+\.\d MB unzipped \(huge 536\.9 MB\), and Lambda takes 536\.9 MB\. Divide /,
      ),
    }),
  );
});

test('a model that transformers.js runs is refused by its name', () => {
  const models = [{ ...packageOf('foreign', 1, 'gpu'), runtime: 'transformers.js' as const }];
  expect(() => build({ models })).toThrow(
    expect.objectContaining({
      code: 'PLACEMENT_REFUSED',
      message: expect.stringMatching(/^Model foreign is run by transformers\.js/),
    }),
  );
});
