import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '@pilotlight/engine';
import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import {
  buildModelLayer,
  describePackage,
  explainPlacement,
  placeModels,
  readCatalog,
} from '../../../layers/builders/src/models/index.ts';
import { temporaryFolder } from '../toolchain/temporary-folder.ts';
import { packageOf, writePackage } from './model-packages.ts';

const scratch = temporaryFolder();
let folders = 0;
const newFolder = () => join(scratch, `${folders++}`);
const PACKAGES = 'model-assets/packages';
const MB = 1_000_000;

describe('a model layer', () => {
  test('is all that the engine needs to serve its models', async () => {
    const packages = ['sentiment', 'slots'].map((name) => describePackage(PACKAGES, { name }));
    const { folder } = buildModelLayer(packages, newFolder());
    const engine = new Engine({ packages: join(folder, 'models') });
    try {
      const { results } = await engine.predict('sentiment', 'I love this');
      expect(results).toMatchObject([[{ label: 'positive' }, { label: 'negative' }]]);
      await expect(engine.predictor('slots@1.1.1')).resolves.toMatchObject({ manifest: { name: 'slots' } });
    } finally {
      await engine.dispose();
    }
  });

  test('has the described files below models/<name>/<version>, and nothing else', () => {
    const packages = newFolder();
    const source = writePackage(packages);
    writeFileSync(join(source, 'notes.txt'), 'not in the manifest');
    const description = describePackage(packages, { name: 'parity' });
    const { folder, zip, bytes } = buildModelLayer([description], newFolder());
    const paths = description.files.map(({ path }) => `models/parity/1.0.0/${path}`);
    const unzipped = unzipSync(readFileSync(zip));
    expect(Object.keys(unzipped)).toEqual(paths);
    for (const path of paths)
      expect(readFileSync(join(folder, path)).equals(unzipped[path] ?? Buffer.of())).toBe(true);
    expect(bytes).toBe(description.bytes);
  });

  test('is the same in whatever order the packages are given, and another for other content', () => {
    const [packages, outdir] = [newFolder(), newFolder()];
    for (const name of ['a', 'b']) writePackage(packages, { name });
    const describeAll = (names: readonly string[]) =>
      names.map((name) => describePackage(packages, { name }));
    const first = buildModelLayer(describeAll(['a', 'b']), outdir);
    expect(buildModelLayer(describeAll(['b', 'a']), outdir)).toEqual(first);
    expect(readdirSync(outdir)).toHaveLength(1);

    writePackage(packages, { name: 'b', labels: ['odd', 'even'] });
    expect(buildModelLayer(describeAll(['a', 'b']), outdir).sha256).not.toBe(first.sha256);
    expect(readdirSync(outdir)).toHaveLength(2);
  });

  test('is refused when a file changed after it was verified, and leaves nothing behind', () => {
    const [packages, outdir] = [newFolder(), newFolder()];
    const source = writePackage(packages);
    const description = describePackage(packages, { name: 'parity' });
    writeFileSync(join(source, 'int8/weights.bin'), 'others');
    expect(() => buildModelLayer([description], outdir)).toThrow(
      /int8\/weights\.bin changed while its layer was built\. Build again\.$/,
    );
    expect(readdirSync(outdir)).toEqual([]);
  });
});

describe('the explanation of a placement', () => {
  const explain = (prefer: 'image' | undefined, ...packages: Parameters<typeof packageOf>[]) =>
    explainPlacement(
      placeModels({
        packages: packages.map((model) => packageOf(...model)),
        functionBytes: 2 * MB,
        runtimeLayerBytes: 30.4 * MB,
        ...(prefer === undefined ? {} : { prefer }),
      }),
    );

  test('of layers', () => {
    expect(explain(undefined, ['a', 4 * MB], ['bigger', 100 * MB])).toBe(
      [
        'what                         size  where',
        'bigger@1.0.0 int8        100.0 MB  layer 1',
        'a@1.0.0 int8               4.0 MB  layer 2',
        'onnxruntime, tokenizers   30.4 MB  runtime layer',
        'function                   2.0 MB  function',
        'Function and layers: 136.4 MB of 262.1 MB unzipped.',
      ].join('\n'),
    );
  });

  test('of what is fetched from S3', () => {
    expect(explain(undefined, ['a', 4 * MB], ['big', 600 * MB])).toBe(
      [
        'what                         size  where',
        'a@1.0.0 int8               4.0 MB  layer 1',
        'big@1.0.0 int8           600.0 MB  S3, fetched to /tmp',
        'onnxruntime, tokenizers   30.4 MB  runtime layer',
        'function                   2.0 MB  function',
        'Function and layers: 36.4 MB of 262.1 MB unzipped.',
        'Fetched at the first use of each model: 600.0 MB, into 701 MB of ephemeral storage.',
      ].join('\n'),
    );
  });

  test('of an image and of a server with a GPU', () => {
    expect(explain('image', ['a', 4 * MB])).toContain(
      'Image: 36.4 MB of 10737.4 MB, and what the base image has.',
    );
    expect(explain(undefined, ['a', 4 * MB, 'gpu'])).toBe(
      ['what            size  where', 'a@1.0.0 int8  4.0 MB  server'].join('\n'),
    );
  });
});

describe('the catalog', () => {
  test('says which model is deployed in which version, and where it runs', () => {
    expect(readCatalog('model-assets/catalog.json')).toContainEqual({
      name: 'sentiment',
      version: '1.0.1',
      tier: 'lambda',
    });
  });

  test.each([
    ['{"models":{"a":{"version":"1.0.0","tier":"tpu"}}}', 'models.a.tier'],
    ['{"models":{"a":{"version":"latest","tier":"gpu"}}}', 'models.a.version'],
    ['{"models":{"a":{"version":"1.0.0","tier":"lambda","teir":1}}}', 'models.a.teir: is not known'],
    ['{"models":', 'it is missing or is not JSON'],
  ])('is refused in one line: %s', (content, reason) => {
    const file = `${newFolder()}.json`;
    writeFileSync(file, content);
    expect(() => readCatalog(file)).toThrow(expect.objectContaining({ code: 'CATALOG_INVALID' }));
    expect(() => readCatalog(file)).toThrow(reason);
  });
});
