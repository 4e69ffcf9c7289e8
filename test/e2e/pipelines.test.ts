/** A model of images from its folder to an answer: packaged by the command, served over HTTP and by `npm run predict`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFolder } from '@pilotlight/functions';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describePackage, placeModels } from '../../layers/builders/src/models/index.ts';
import { writeImageModel } from '../fixtures/pipelines.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { node, run } from './command.ts';
import { runHere } from './command-here.ts';
import { type Service, serve } from './http-service.ts';

const folder = temporaryFolder();
const source = join(folder, 'source');
const packages = join(folder, 'packages');
const image = join(folder, 'red.png');
const models = (...args: string[]) => run(node('cli/src/main.ts', 'models', ...args));
const add = (...args: string[]) =>
  models('add', source, '--name', 'colours', '--runtime', 'transformers.js', '--packages', packages, ...args);
const predict = (...args: string[]) =>
  run(node('cli/src/main.ts', 'predict', '--model', 'colours', '--packages', packages, ...args));

let service: Service;
beforeAll(async () => {
  writeImageModel(source);
  const background = { r: 255, g: 0, b: 0 };
  await sharp({ create: { width: 8, height: 8, channels: 3, background } })
    .png()
    .toFile(image);
  const { code, stdout, stderr } = await add('--task', 'image-classification');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /^colours@1\.0\.0 is packaged for transformers\.js, fp32, .* gave 4 goldens twice: /,
  );
  service = await serve(packages);
}, 30_000);
afterAll(() => service.stop());

describe('a model of images', () => {
  test('is listed, and proven by the answers that it gave when it was packaged', async () => {
    expect((await runHere(['models', 'list', '--packages', packages])).stdout).toMatch(
      /colours +1\.0\.0 +image-classification +fp32 0\.0 MB, transformers\.js/,
    );
    const proven = await models('verify', '--packages', packages, '--json');
    expect(proven.code).toBe(0);
    expect(JSON.parse(proven.stdout)).toMatchObject([
      { package: 'colours@1.0.0', proofs: [{ variant: 'fp32', goldens: 4, largest: expect.closeTo(0, 5) }] },
    ]);
  });

  test('answers over HTTP as Hugging Face does, for an image and for a list of them', async () => {
    const inputs = readFileSync(image).toString('base64');
    const best = { label: 'red', score: expect.closeTo(1, 3) };
    const one = await service.post('colours', { inputs, parameters: { top_k: 1 } });
    expect(one).toMatchObject({ status: 200, body: [best] });
    expect(one.headers.get('x-pilotlight-model')).toBe('colours');
    const two = await service.post('colours', { inputs: [inputs, inputs], parameters: { top_k: 1 } });
    expect(two).toMatchObject({ status: 200, body: [[best], [best]] });
  });

  test('refuses a URL, and a wire format that asks for tokens', async () => {
    expect(
      await service.post('colours', { inputs: 'http://169.254.169.254/latest/meta-data' }),
    ).toMatchObject({
      status: 422,
      body: { code: 'INVALID_INPUT', error: expect.stringContaining('none is fetched') },
    });
    const embedded = await fetch(`${service.url}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'colours', input: 'a text' }),
    });
    expect(embedded.status).toBe(400);
    expect(await embedded.text()).toContain('Model colours is for image-classification');
  });

  test('is among GET /models with its task and runtime', async () => {
    const listed: unknown = await (await fetch(`${service.url}/models`)).json();
    expect(listed).toMatchObject({
      models: [{ name: 'colours', task: 'image-classification', runtime: 'transformers.js', loaded: true }],
    });
  });

  test('reads image files of the command line', async () => {
    const { code, stdout } = await predict(image);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ input: image, result: [{ label: 'red' }, {}, {}] });
    expect(await predict(join(folder, 'missing.png'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('missing.png cannot be read'),
    });
  });

  test.each([
    [['--task', 'text-classification'], /takes --task with one of audio-classification, /],
    [['--task', 'image-classification', '--dtype', 'q4'], /no graph of dtype q4; there are: fp32/],
    [['--task', 'image-classification', '--reduce-range'], /--reduce-range is not for --runtime/],
    [['--task', 'summarization', '--version', '2.0.0'], /tokenizer\.json is missing/],
  ])('is not packaged with %j', async (args, message) => {
    const common = ['--name', 'colours', '--runtime', 'transformers.js', '--packages', packages];
    const { code, stderr } = await runHere([
      'models',
      'add',
      source,
      ...common,
      '--version',
      '2.0.0',
      ...args,
    ]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });

  test('goes into the container, and into no function', async () => {
    const described = describePackage(packages, { name: 'colours' });
    const beside = { functionBytes: 0, runtimeLayerBytes: 0 };
    expect(placeModels({ packages: [described], ...beside })).toMatchObject({ kind: 'gpu' });
    const catalog = join(folder, 'catalog.json');
    writeFileSync(catalog, JSON.stringify({ models: { colours: { version: '1.0.0', tier: 'lambda' } } }));
    const asked = describePackage(packages, { name: 'colours' }, { catalog });
    expect(() => placeModels({ packages: [asked], ...beside })).toThrow(
      /^No function can serve colours@1\.0\.0 .*: transformers\.js runs it, which no layer has\./,
    );
  });

  test('adds nothing of transformers.js to a function', async () => {
    const { folder: outdir } = bundleFolder('predict');
    const files = ['index.mjs', ...readdirSync(join(outdir, 'chunks')).map((name) => join('chunks', name))];
    const code = files.map((file) => readFileSync(join(outdir, file), 'utf8')).join('\n');
    expect(code).toContain('import("@huggingface/transformers")');
    expect(code).not.toContain('ViTImageProcessor');
  });
});
