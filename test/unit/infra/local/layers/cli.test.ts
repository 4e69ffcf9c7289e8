import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { build } from '../../../../../cli/src/layers/build.ts';
import { image } from '../../../../../cli/src/layers/image.ts';
import { type LayersLine, OPTIONS } from '../../../../../cli/src/layers/line.ts';
import { layersOptions } from '../../../../../cli/src/layers/options.ts';
import { plan } from '../../../../../cli/src/layers/plan.ts';
import { node, run } from '../../../../e2e/command.ts';
import { writePackage } from '../../../layers/model-packages.ts';
import { temporaryFolder } from '../../../toolchain/temporary-folder.ts';

const scratch = temporaryFolder();
const packages = join(scratch, 'packages');
const catalog = join(scratch, 'catalog.json');
writePackage(packages, { name: 'small' });
writePackage(packages, { name: 'large' });
writeFileSync(
  catalog,
  JSON.stringify({
    models: { small: { version: '1.0.0', tier: 'lambda' }, large: { version: '1.0.0', tier: 'gpu' } },
  }),
);

/** What the command line without options says, and `values`. */
const options = (values: Partial<LayersLine['values']> = {}) =>
  layersOptions({ values: { arch: OPTIONS.arch.default, ...values }, positionals: [] });

describe('npm run layers', () => {
  const layers = (...args: readonly string[]) => run(node('cli/src/main.ts', 'layers', ...args));

  test('exits with 2 and one line for a command that there is not', async () => {
    expect(await layers('bulid')).toMatchObject({
      code: 2,
      stdout: '',
      stderr:
        "error USAGE: There is no command 'bulid'; did you mean 'build'? See: pilotlight layers --help\n",
    });
  });

  test('exits with 1 and one line where a model is refused', async () => {
    const { code, stdout, stderr } = await layers('plan', '--packages', packages, '--models', 'smal');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error MODEL_NOT_FOUND: There is no model "smal" in [^\n]+\n$/);
  });

  test('explains itself with examples', async () => {
    const { code, stdout } = await layers('plan', '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples:\n {2}pilotlight layers plan\n/);
  });
});

test.each([
  [{ arch: 'arm' }, "--arch takes arm64, x64, not 'arm'."],
  [{ prefer: 'gpu' }, "--prefer takes layer, s3, image, not 'gpu'."],
  [{ models: 'a,,b' }, '--models takes names with commas between them'],
])('%j is wrong usage', (values, message) => {
  expect(() => options(values)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  expect(() => options(values)).toThrow(message);
});

test('plan puts models of the tier gpu apart', () => {
  const [lambda, gpu] = plan(options({ packages, catalog })).split('\n\n');
  expect(lambda).toMatch(/^small@1\.0\.0 int8 +0\.0 MB {2}layer 1$/m);
  expect(lambda).toMatch(/^Function and layers: [\d.]+ MB of 262\.1 MB unzipped\.$/m);
  expect(gpu).toMatch(/^large@1\.0\.0 int8 +0\.0 MB {2}server$/m);
});

test('plan takes the tier of the catalog for models that are named, too', () => {
  expect(plan(options({ packages, catalog, models: 'large' }))).toMatch(/^large@1\.0\.0 int8 .* {2}server$/m);
});

test('build gives unzipped size, budget, zipped size and zip of each layer', () => {
  const built = build(options({ models: 'sentiment,intent' }));
  expect(built).toMatch(/LAYER +UNZIPPED +BUDGET +ZIPPED +ZIP/);
  expect(built).toMatch(
    /^runtime-arm64 +[\d.]+ MB +34\.0 MB +[\d.]+ MB +dist\/layers\/runtime-arm64-\w+\/layer\.zip$/m,
  );
  expect(built).toMatch(
    /^sentiment@1\.0\.1 +3\.9 MB +3\.9 MB +dist\/layers\/models-sentiment-\w+\/layer\.zip$/m,
  );
  expect(built).not.toContain('slots');
});

test('build gives layers and placement as JSON, and builds none for what S3 or the server has', () => {
  const layer = z.object({ holds: z.array(z.string()), folder: z.string(), zip: z.string(), bytes: z.int() });
  const output = z.object({ layers: z.array(layer), placements: z.array(z.object({ kind: z.string() })) });
  const json = (values: Parameters<typeof options>[0]) =>
    output.parse(JSON.parse(build(options({ packages, catalog, json: true, ...values }))));
  expect(json({ models: 'small', prefer: 's3' })).toMatchObject({
    layers: [{ holds: ['runtime-arm64'] }],
    placements: [{ kind: 's3' }],
  });
  expect(json({})).toMatchObject({
    layers: [{ holds: ['runtime-arm64'] }, { holds: ['small@1.0.0'] }],
    placements: [{ kind: 'layer' }, { kind: 'gpu' }],
  });
});

describe('image', () => {
  const output = join(scratch, 'contexts');

  test('gives the sizes of models and server, and the command that builds what it wrote', () => {
    const printed = image(options({ packages, catalog, output }));
    expect(printed).toMatch(/^large@1\.0\.0 int8 +0\.0 MB$/m);
    expect(printed).toMatch(/^server and npm packages +\d\d\.\d MB$/m);
    expect(printed).not.toContain('small');
    const [, folder = ''] = /^docker build --tag pilotlight-server (\S+)$/m.exec(printed) ?? [];
    expect(readdirSync(folder).sort()).toEqual(['.dockerignore', 'Dockerfile', 'app', 'build', 'models']);
    expect(readdirSync(join(folder, 'models'))).toEqual(['large']);
  });

  test('gives the same folder for the same content, and another one for other models', () => {
    const folderOf = (models: string) =>
      z
        .object({ folder: z.string() })
        .parse(JSON.parse(image(options({ packages, catalog, output, models, json: true })))).folder;
    const folder = folderOf('large');
    expect(folderOf('large@1.0.0')).toBe(folder);
    expect(folderOf('small')).not.toBe(folder);
  });

  test('is wrong usage where nothing says which models', () => {
    writeFileSync(join(scratch, 'empty.json'), '{"models":{}}');
    const empty = options({ packages, catalog: join(scratch, 'empty.json'), output });
    expect(() => image(empty)).toThrow('name the models of the image with --models');
  });
});
