/** The commands of a registry beside an S3 of this machine: a push and a pull as processes, the others in this one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type S3Server, startS3 } from '../../infra/local/src/s3/server.ts';
import { writePackage } from '../unit/layers/model-packages.ts';
import { node, run } from './command.ts';
import { runHere } from './command-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-registry-'));
const packages = join(folder, 'packages');
let server: S3Server;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  server = await startS3({ bucket: 'acme-models', folder: join(folder, 's3') });
  env = {
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
    PILOTLIGHT_REGISTRY: 's3://acme-models/registry',
    PILOTLIGHT_MODELS_DIR: packages,
  };
  for (const version of ['1.0.0', '1.1.0']) writePackage(packages, { name: 'sentiment', version });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const modelsApart = (...args: readonly string[]) => run(node('cli/src/main.ts', 'models', ...args), { env });
const models = (...args: readonly string[]) => runHere(['models', ...args], env);
const because = ['--because', 'it is better', '--who', 'ada@example.com'];

describe('models', () => {
  test('a version goes in, becomes prod, is rolled back and pulled', async () => {
    const pushed = await modelsApart('push', 'sentiment@1.0.0', ...because);
    expect(pushed).toMatchObject({ code: 0, stderr: '' });
    expect(pushed.stdout).toMatch(
      /^sentiment@1\.0\.0 is in s3:\/\/acme-models\/registry: 0\.0 MB, of which 0\.0 MB were put now\.\nmodel\.json [0-9a-f]{64}\n$/,
    );
    const again = await models('push', 'sentiment@1.0.0');
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('already, the same package.') });
    expect(await models('push', 'sentiment')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1.1.0'),
    });

    for (const version of ['1.0.0', '1.1.0'])
      expect(await models('promote', `sentiment@${version}`, '--to', 'prod', ...because)).toMatchObject({
        code: 0,
      });
    await models('promote', 'sentiment@1.1.0', '--to', 'canary', '--share', '0.1', ...because);
    expect(await models('rollback', 'sentiment', ...because)).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^prod of sentiment means sentiment@1\.0\.0; it meant sentiment@1\.1\.0\.\ncanary still means sentiment@1\.1\.0\. To end it: .* retire sentiment --alias canary/,
      ),
      stderr: '',
    });
    expect(await models('retire', 'sentiment', '--alias', 'canary', ...because)).toMatchObject({ code: 0 });
    expect(await models('require', 'sentiment', 'accuracy>=0.9', ...because)).toMatchObject({ code: 0 });
    expect(await models('promote', 'sentiment@1.1.0', '--to', 'prod', ...because)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error GATE_FAILED: .* requires accuracy>=0\.9\./),
    });
    const pulled = await modelsApart(
      'pull',
      'sentiment@prod',
      '--packages',
      join(folder, 'pulled'),
      '--json',
    );
    expect(JSON.parse(pulled.stdout)).toMatchObject({ package: 'sentiment@1.0.0' });

    const history = await models('history', 'sentiment');
    expect(history.stdout).toMatch(/ada@example\.com +rollback prod to 1\.0\.0 +it is better\n/);
    expect(history.stdout).toMatch(/\nALIAS +MEANS\nprod +1\.0\.0\n$/);
    const gone = await models('gc', '--keep', '1', '--older-than', '0', '--dry-run');
    expect(gone).toMatchObject({ code: 0, stdout: 'Nothing is to be removed.\n' });
  });

  test('a report of models eval is recorded with its gates, or refuses', async () => {
    const { stdout } = await models('push', 'sentiment@1.1.0', '--json');
    const { manifestSha256 } = JSON.parse(stdout);
    const dataset = { name: 'test.jsonl', sha256: 'd'.repeat(64), rows: 100 };
    const file = join(folder, 'eval.json');
    const report = {
      formatVersion: 1,
      kind: 'evaluation',
      at: '2026-12-01T00:00:00Z',
      model: { name: 'sentiment', version: '1.1.0', variant: 'int8', manifestSha256 },
      task: 'text-classification',
      dataset,
      metrics: { accuracy: { value: 0.93 } },
      slices: [],
      mistakes: [],
      machine: { cpu: 'any', arch: 'x64', node: '24.0.0', pilotlight: '0.1.0' },
      seconds: 1,
    };
    const promoteWith = (gates: unknown) => {
      writeFileSync(file, JSON.stringify({ ...report, gates }));
      return models('promote', 'sentiment@1.1.0', '--to', 'prod', '--report', file, ...because);
    };
    const gate = { gate: 'accuracy>=0.9', value: 0.93, passed: true, dataset, manifestSha256 };
    expect(await promoteWith([{ ...gate, passed: false, value: 0.8 }])).toMatchObject({ code: 1 });
    expect(await promoteWith('none')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error DATASET_INVALID: The report .*eval\.json is refused: gates: /),
    });
    expect(
      await models('require', 'sentiment', 'accuracy>=0.9', '--dataset', dataset.sha256, ...because),
    ).toMatchObject({
      code: 0,
      stdout: 'prod of sentiment requires accuracy>=0.9 on the dataset dddddddddddd.\n',
    });
    expect(await promoteWith([gate])).toMatchObject({ code: 0 });
    const history = await models('history', 'sentiment');
    expect(history.stdout).toContain('require of prod: accuracy>=0.9 on dddddddddddd');
    expect(history.stdout).toContain('accuracy>=0.9 (0.93 on test.jsonl)');
  });
});
