/** The image of the container without Docker: its Dockerfile, the files that it copies, and the server that starts from them. */
import { chmodSync, existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IgnoreStrategy } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { bundleFolder } from '../../functions/bundles/src/index.ts';
import { HEALTH_CHECK } from '../../infra/constructs/src/server/task.ts';
import { buildServerContext } from '../../layers/builders/src/images/index.ts';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { fileSystemOf, type Stage, stagesOf } from '../fixtures/dockerfile.ts';
import { type OtlpCollector, startOtlpCollector } from '../fixtures/otlp-collector.ts';
import { packageOf } from '../unit/layers/model-packages.ts';
import { node, run } from './command.ts';
import { type ImageServer, startImage } from './image-server.ts';
import { type JobWorld, startJobWorld } from './job-world.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'pilotlight-image-'));
const ROOT = join(FOLDER, 'root');
const BUNDLE = bundleFolder('server').folder;
// The user of the image is to read what lies below it.
chmodSync(FOLDER, 0o755);

let context: string;
let serverBytes: number;
let stages: readonly Stage[];
let image: Stage;
let files: readonly string[];
let links: readonly string[];
beforeAll(() => {
  const packages = [describePackage('model-assets/packages', { name: 'sentiment' }, { gpu: true })];
  ({ folder: context, serverBytes } = buildServerContext({
    packages,
    bundle: BUNDLE,
    outdir: join(FOLDER, 'contexts'),
  }));
  stages = stagesOf(readFileSync(join(context, 'Dockerfile'), 'utf8'));
  const last = stages.at(-1);
  if (!last) throw new RangeError('The Dockerfile has no stage.');
  image = last;
  fileSystemOf(image, context, ROOT);
  const entries = readdirSync(ROOT, { recursive: true, withFileTypes: true });
  files = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(ROOT.length));
  links = entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name);
});
afterAll(() => rmSync(FOLDER, { recursive: true }));

describe('the Dockerfile', () => {
  test('has images of exact versions for x86-64, and stages that it names', () => {
    const names = stages.map(({ name }) => name);
    for (const { base, platform } of stages.filter((stage) => !names.includes(stage.base))) {
      expect(base).toMatch(/^[\w./-]+:\d+\.\d+\.\d+-[\w.-]+$/);
      expect(platform).toBe('linux/amd64');
    }
    expect(image.base).toMatch(/^nvidia\/cuda:12\.\d+\.\d+-cudnn-runtime-/);
  });

  test('has the Node that everything here is tested with', () => {
    const { devDependencies } = z
      .object({ devDependencies: z.object({ node: z.string() }) })
      .parse(JSON.parse(readFileSync('package.json', 'utf8')));
    const [{ base }] = stages.filter(({ name }) => name === 'node') as [Stage];
    expect(base.startsWith(`node:${devDependencies.node}-`)).toBe(true);
  });

  test('copies nothing that is not there, and all that is, past its .dockerignore', () => {
    const ignore = IgnoreStrategy.docker(
      context,
      readFileSync(join(context, '.dockerignore'), 'utf8').split('\n'),
    );
    const copied = stages.flatMap(({ copies }) =>
      copies.filter(({ from }) => from === undefined).flatMap(({ sources }) => sources),
    );
    for (const source of copied) {
      expect(readdirSync(join(context, source)), source).not.toEqual([]);
      expect(ignore.completelyIgnores(join(context, source)), source).toBe(false);
    }
    expect(ignore.ignores(join(context, 'app', HEALTH_CHECK))).toBe(false);
    expect(ignore.ignores(join(context, '.env'))).toBe(true);
    const folders = readdirSync(context, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => `${name}/`).sort()).toEqual([...copied].sort());
    const stageNames = stages.map(({ name }) => name);
    for (const { from } of stages.flatMap(({ copies }) => copies)) {
      if (from !== undefined) expect(stageNames).toContain(from);
    }
  });

  test('runs as a user that is not root, by its number, and ends on SIGTERM', () => {
    const user = image.instructions.get('USER') ?? '';
    expect(user).toMatch(/^[1-9]\d{3,}:[1-9]\d{3,}$/);
    expect(image.instructions.get('STOPSIGNAL')).toBe('SIGTERM');
    expect(image.instructions.get('EXPOSE')).toBe(image.environment.PILOTLIGHT_PORT);
    expect(image.instructions.get('VOLUME')).toBe('["/tmp"]');
  });

  test('says what it is, by the labels of the Open Container Initiative', () => {
    const names = ['title', 'description', 'licenses', 'version', 'revision'];
    expect(Object.keys(image.labels).sort()).toEqual(
      names.map((name) => `org.opencontainers.image.${name}`).sort(),
    );
  });

  test('is asked whether it lives by Node, with the script that ECS is told', () => {
    const words = z
      .array(z.string())
      .parse(JSON.parse(/CMD (\[.*\])$/.exec(image.instructions.get('HEALTHCHECK') ?? '')?.[1] ?? ''));
    expect(words).toEqual(['node', HEALTH_CHECK]);
    expect(existsSync(join(ROOT, image.instructions.get('WORKDIR') ?? '', HEALTH_CHECK))).toBe(true);
  });

  test('puts the CUDA provider beside the ONNX Runtime that looks for it there', () => {
    const [copy] = image.copies.filter(({ from }) => from === 'cuda-provider');
    expect(existsSync(join(ROOT, copy?.target ?? '', 'libonnxruntime.so.1'))).toBe(true);
  });
});

describe('the files of the image', () => {
  test('are for production: no tests, types, maps, documents, infrastructure, toolchain or sources', () => {
    const unwanted = /\.(?:map|md|ts)$|\.test\./;
    expect(files.filter((path) => unwanted.test(path) && !path.endsWith('/MODEL_CARD.md'))).toEqual([]);
    const beside = files.filter((path) => /^\/app\/[^/]+$/.test(path) && !path.endsWith('.mjs'));
    expect(beside.sort()).toEqual(['/app/LICENSE', '/app/package.json']);
    const code = files.filter((path) => path.startsWith('/app/') && path.endsWith('.mjs'));
    expect(code).toEqual(expect.arrayContaining(['/app/server.mjs', '/app/provider-report.mjs']));
    const text = code.map((path) => readFileSync(join(ROOT, path), 'utf8')).join('');
    expect(text).toContain('// layers/engine/src/engine.ts');
    expect(text).not.toMatch(/^\/\/ (?:infra|cli|model-assets\/toolchain|functions\/(?!server|app))\//m);
  });

  test('have every module that the engine starts as a thread or a process', () => {
    const started = globSync('layers/engine/src/**/*.ts').flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/siblingModule\('([\w-]+)', import/g)].map(([, name]) => name),
    );
    expect(started.sort()).toEqual(['decoder-worker', 'provider-trial', 'session-worker']);
    for (const name of started) expect(files).toContain(`/app/${name}.mjs`);
  });

  test('have binaries for Linux on x64 with glibc, and for nothing else', () => {
    const binaries = files.filter((path) => /\.(?:node|so|dylib|dll)(?:\.|$)/.test(path));
    expect(binaries.map((path) => path.replace('/app/node_modules/', '')).sort()).toEqual([
      'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
      'onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node',
      'tokenizers/tokenizers.linux-x64-gnu.node',
    ]);
  });

  test('have of npm the native packages alone, because all else is in the bundle', () => {
    const used = new Set(
      files.flatMap((path) => /^\/app\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
    );
    expect([...used].sort()).toEqual(['onnxruntime-common', 'onnxruntime-node', 'tokenizers']);
  });

  test('have less than 100 MB beside models', () => {
    expect(serverBytes).toBeGreaterThan(40_000_000);
    expect(serverBytes).toBeLessThan(100_000_000);
  });

  test('have nothing outside of the image: no link leads anywhere', () => {
    expect(links).toEqual([]);
  });
});

test('an image with a model of transformers.js has what runs it and decodes its images', async () => {
  const pipeline = { ...packageOf('detector', 0, 'gpu'), runtime: 'transformers.js', files: [] } as const;
  const { folder } = buildServerContext({
    packages: [pipeline],
    bundle: BUNDLE,
    outdir: join(FOLDER, 'contexts'),
  });
  const script = `
    const { pipeline } = await import('@huggingface/transformers');
    const { default: sharp } = await import('sharp');
    const create = { width: 1, height: 1, channels: 3, background: 'red' };
    console.log(typeof pipeline, (await sharp({ create }).raw().toBuffer()).join());`;
  const command = [process.execPath, '--input-type=module', '--eval', script];
  const { stdout, stderr } = await run(command, { cwd: join(folder, 'app') });
  expect(stdout, stderr).toBe('function 255,0,0\n');
});

describe('the server, from these files alone, as the user of the image', () => {
  let world: JobWorld;
  let collector: OtlpCollector;
  let server: ImageServer;
  beforeAll(async () => {
    [world, collector] = await Promise.all([startJobWorld(), startOtlpCollector()]);
    server = await startImage(image, ROOT, {
      ...world.environment,
      PILOTLIGHT_PRELOAD_MODELS: 'sentiment',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    });
  });
  afterAll(() => Promise.all([world.close(), collector.close()]));

  const post = (path: string, body: object) =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const healthOf = () =>
    run(node(join(ROOT, 'app', HEALTH_CHECK)), { env: { PILOTLIGHT_PORT: server.port } }).then(
      ({ code }) => code,
    );

  test('answers, and is healthy', async () => {
    const answer = await post('/models/sentiment', { inputs: 'I love this' });
    expect(await answer.json()).toMatchObject([[{ label: 'positive' }, { label: 'negative' }]]);
    expect(await healthOf()).toBe(0);
  });

  test('takes a job, and does it', async () => {
    const accepted = await post('/jobs', { model: 'sentiment', inputs: 'I love this' });
    expect(accepted.status).toBe(202);
    const { job: id } = z.looseObject({ job: z.string() }).parse(await accepted.json());
    expect(await world.until(id, 'done', 'failed')).toMatchObject({
      status: 'done',
      result: [[{ label: 'positive' }, { label: 'negative' }]],
    });
  });

  test('ends with 0 on SIGTERM, its traces sent, and is healthy no more', async () => {
    expect(await server.end(), server.log()).toBe(0);
    expect(collector.posts.length, server.log()).toBeGreaterThan(0);
    expect(await healthOf()).toBe(1);
  });
});
