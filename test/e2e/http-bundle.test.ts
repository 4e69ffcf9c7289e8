import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Engine } from '@pilotlight/engine';
import { FUNCTIONS } from '@pilotlight/functions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../functions/app/src/app.ts';
import { bundle } from '../../functions/bundles/src/bundle.ts';
import { sampled } from '../scale.ts';
import { DEFAULT_PACKAGES, quiet } from './http-service.ts';

const repository = join(import.meta.dirname, '../..');
const event = (name: string) => join(repository, `test/fixtures/events/${name}.json`);

/** Outside the repository, where no node_modules is found but by NODE_PATH: as /var/task stands to /opt. */
let task: string;
let file: string;

beforeAll(async () => {
  task = mkdtempSync(join(tmpdir(), 'pilotlight-bundle-'));
  ({ file } = await bundle('predict', task));
});
afterAll(() => rmSync(task, { recursive: true, force: true }));

function invoke(events: readonly string[], environment: Record<string, string> = {}) {
  const runner = join(task, 'runner.mjs');
  cpSync(join(import.meta.dirname, 'predict-event.mjs'), runner);
  const { stdout, stderr, status } = spawnSync(process.execPath, [runner, file, ...events], {
    encoding: 'utf8',
    env: {
      NODE_PATH: join(repository, 'node_modules'),
      PILOTLIGHT_MODELS_DIR: DEFAULT_PACKAGES,
      PILOTLIGHT_PRELOAD_MODELS: 'sentiment',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      ...environment,
    },
  });
  return { stdout: stdout.trim().split('\n'), stderr, status };
}

/** The answer of the handler to each event, and the metrics that CloudWatch would get. */
function answersTo(events: readonly string[], environment: Record<string, string> = {}) {
  const { stdout, stderr } = invoke(events, environment);
  const { results } = JSON.parse(stdout.at(-1)?.replace('RESULTS ', '') || stderr);
  const logged = [...stdout.slice(0, -1), ...stderr.split('\n')].filter((line) => line.startsWith('{'));
  return { results, logged: logged.map((line) => JSON.parse(line)) };
}

/** Lists the files that a file of the bundle imports before it runs, and their imports in turn. */
function startFiles(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  const imports = readFileSync(path, 'utf8').matchAll(/^(?:import|export)\b[^;]*?"(\.[^"]+)";$/gm);
  for (const [, name = ''] of imports) startFiles(join(dirname(path), name), found);
  return found;
}

const declares = (code: string, name: string) =>
  new RegExp(`(?:class|function|var|const) _?${name}\\b`).test(code);

/** Those of the names that any file of the bundle declares. */
function declaredAnywhere(names: readonly string[]): string[] {
  const chunks = readdirSync(join(task, 'chunks')).map((name) => join(task, 'chunks', name));
  const code = [file, ...chunks].map((path) => readFileSync(path, 'utf8')).join('\n');
  return names.filter((name) => declares(code, name));
}

describe.each(sampled(FUNCTIONS, { short: 2 }))('the bundle of %s', (name) => {
  it('is at most 2.75 MB in all, most of it read only where it is needed, and says how large it is', async () => {
    const folder = join(task, name);
    const { bytes } = await bundle(name, folder);
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const sizes = files.map(({ parentPath, name: entry }) => statSync(join(parentPath, entry)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(bytes);
    expect(bytes).toBeLessThanOrEqual(2_750_000);
  });
});

describe('the bundled predict function', () => {
  it('has files that the user of a function may read, whoever bundles', async () => {
    const before = process.umask(0o077);
    try {
      const folder = join(task, 'masked');
      await bundle('authorizer', folder);
      const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      expect(files.map(({ name }) => name)).toContain('index.mjs');
      const modes = files.map(({ parentPath, name }) => statSync(join(parentPath, name)).mode & 0o777);
      expect(new Set(modes)).toEqual(new Set([0o644]));
    } finally {
      process.umask(before);
    }
  });

  it('reads the client of S3 only where it is needed', () => {
    const chunks = readdirSync(join(task, 'chunks'));
    expect(chunks).toContainEqual(expect.stringMatching(/^s3-reader-/));
    expect(readFileSync(file, 'utf8')).not.toMatch(/^import .*s3-reader/m);
  });

  it('loads nothing of S3, SQS, jobs or the container at its start', () => {
    const code = [...startFiles(file)].map((path) => readFileSync(path, 'utf8')).join('\n');
    expect(declares(code, 'Engine')).toBe(true);
    const lazy = ['S3Client', 'SQSClient', 'S3Jobs', 'jobStateSchema', 'ServerClient', 'ServerHandOver'];
    expect(lazy.filter((name) => declares(code, name))).toEqual([]);
    expect(declaredAnywhere(lazy)).toEqual(lazy);
  });

  it('loads nothing that compares traffic before its first prediction', () => {
    const code = [...startFiles(file)].map((path) => readFileSync(path, 'utf8')).join('\n');
    const lazy = ['DriftTelemetry', 'DriftWindow', 'parseReference', 'compareBins'];
    expect(lazy.filter((name) => declares(code, name))).toEqual([]);
    expect(declaredAnywhere(lazy)).toEqual(lazy);
  });

  it('loads nothing of OpenTelemetry, and is no extension of itself, where nobody asks for it', () => {
    const code = [...startFiles(file)].map((path) => readFileSync(path, 'utf8')).join('\n');
    const lazy = ['TracerProvider', 'BatchSpanProcessor', 'OTLPTraceExporter', 'Tracing', 'startExtension'];
    expect(lazy.filter((name) => declares(code, name))).toEqual([]);
    expect(declaredAnywhere(lazy)).toEqual(lazy);
  });

  it('loads nothing of what runs archives of AllenNLP until one is opened', () => {
    const code = [...startFiles(file)].map((path) => readFileSync(path, 'utf8')).join('\n');
    const lazy = ['AllenNlpModel', 'openArchiveModel', 'archiveWork', 'predictorWork', 'beamSearch'];
    expect(lazy.filter((name) => declares(code, name))).toEqual([]);
    expect(declaredAnywhere(lazy)).toEqual(lazy);
  });

  it('brings the OpenAPI document, fits it to its models, and has nothing of what makes it', async () => {
    const request = JSON.parse(readFileSync(event('health'), 'utf8'));
    request.rawPath = request.requestContext.http.path = '/openapi.json';
    const asked = join(task, 'openapi.json');
    writeFileSync(asked, JSON.stringify(request));
    const { results } = answersTo([asked]);
    const engine = new Engine({ packages: DEFAULT_PACKAGES });
    const here = await createApp({ engine, logger: quiet }).request('/openapi.json');
    const { servers: _, ...document } = JSON.parse(results[0].body);
    const { servers: __, ...expected } = JSON.parse(await here.text());
    expect(document).toEqual(expected);
    expect(
      document.paths['/models/{model}'].post.requestBody.content['application/json'].example,
    ).toBeDefined();
    expect(declaredAnywhere(['OpenAPIHono', 'OpenApiGeneratorV31', 'toJSONSchema', 'compileFn'])).toEqual([]);
  });

  it('has no clients of services that know users and not functions', () => {
    expect(declaredAnywhere(['STSClient', 'SSOClient', 'SSOOIDCClient', 'SigninClient'])).toEqual([]);
  });

  it('has no reader of streams of events, which no operation that is called here answers with', () => {
    expect(declaredAnywhere(['EventStreamMarshaller', 'EventStreamCodec', 'HeaderMarshaller'])).toEqual([]);
  });

  it('answers API Gateway in a fresh process, with the native packages from the layer', () => {
    const { results } = answersTo([event('predict'), event('predict-base64'), event('predict-named-stage')]);
    for (const { statusCode, body } of results) {
      expect(statusCode).toBe(200);
      expect(JSON.parse(body)).toMatchObject([[{ label: 'positive' }, { label: 'negative' }]]);
    }
  });

  it('has its models in memory before the first request', () => {
    const { results } = answersTo([event('warm-up')]);
    expect(results).toMatchObject([
      { source: 'pilotlight.warmup', coldStart: true, models: ['sentiment@1.0.1'] },
    ]);
  });

  it('runs a golden of its model at a warm-up, and finds the reference answer', () => {
    const { results, logged } = answersTo([event('warm-up'), event('warm-up')]);
    for (const { selfCheck } of results) {
      expect(selfCheck.model).toBe('sentiment@1.0.1');
      expect(selfCheck.drift).toBeLessThanOrEqual(1);
    }
    expect(logged.filter((line) => 'GoldenDrift' in line)).toHaveLength(2);
  });

  it('tells of traffic that is not like the reference, once for 250 texts', () => {
    const request = JSON.parse(readFileSync(event('predict'), 'utf8'));
    const inputs = Array.from({ length: 200 }, () => 'Это был очень хороший фильм');
    const many = join(task, 'many.json');
    writeFileSync(many, JSON.stringify({ ...request, body: JSON.stringify({ inputs }) }));
    const { logged } = answersTo([many, many, many]);
    const told = logged.filter((line) => 'TrafficDrift' in line);
    expect(told.map(({ texts }) => texts)).toEqual(['250', '250']);
    for (const line of told) {
      expect(line).toMatchObject({ model: 'sentiment', modelVersion: '1.0.1', service: 'pilotlight' });
      expect(line.TrafficDrift).toBeGreaterThan(1);
      expect(Number(line.psi_script)).toBeGreaterThan(Number(line.limit_script));
    }
    const off = answersTo([many, many], { PILOTLIGHT_DRIFT: 'off' });
    expect(off.logged.filter((line) => 'TrafficDrift' in line)).toEqual([]);
  });

  it('emits its cold start and the stages of a prediction as metrics', () => {
    const { logged } = answersTo([event('predict')]);
    expect(logged).toContainEqual(
      expect.objectContaining({ ColdStart: 1, InitTime: expect.any(Number), function_name: 'predict' }),
    );
    expect(logged).toContainEqual(
      expect.objectContaining({ model: 'sentiment', LoadTime: expect.any(Number) }),
    );
    expect(logged).toContainEqual(
      expect.objectContaining({ model: 'sentiment', Requests: 1, InferenceTime: expect.any(Number) }),
    );
  });

  it('lives on without a model that cannot be preloaded, and says so', () => {
    const { results, logged } = answersTo([event('predict')], {
      PILOTLIGHT_PRELOAD_MODELS: 'missing,sentiment',
    });
    expect(results[0].statusCode).toBe(200);
    expect(logged).toContainEqual(
      expect.objectContaining({
        level: 'ERROR',
        message: 'A model could not be preloaded',
        model: 'missing',
      }),
    );
  });

  it('ends at once with the name of a variable that is wrong', () => {
    const { status, stderr } = invoke([event('predict')], { PILOTLIGHT_MAX_INPUT: '5' });
    expect(status).toBe(1);
    expect(stderr).toContain('PILOTLIGHT_MAX_INPUT: is not known. Did you mean PILOTLIGHT_MAX_INPUTS?');
  });
});
