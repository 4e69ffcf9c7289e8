/** Each example as its README says, on the packages of the workspace. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { node, run } from '../e2e/command.ts';
import { withService } from './service.ts';
import { COMPILER, REPOSITORY } from './world.ts';

const example = (path: string): string => join(REPOSITORY, 'examples', path);
const MODELS = join(REPOSITORY, 'model-assets/packages');
const scratch = mkdtempSync(join(tmpdir(), 'pilotlight-examples-'));
afterAll(() => rmSync(scratch, { recursive: true }));

test('every example has a README and a line in the list of examples', () => {
  const list = readFileSync(example('README.md'), 'utf8');
  const folders = readdirSync(example('.'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.length).toBeGreaterThan(3);
  for (const { name } of folders) {
    expect(list).toContain(`[${name}](${name})`);
    expect(readFileSync(example(`${name}/README.md`), 'utf8')).toMatch(/^# /);
  }
});

test('own-cdk-app synthesises a stack with a function, an API and a dashboard', async () => {
  const outdir = join(scratch, 'cdk.out');
  const { code, stderr } = await run(node('app.mjs'), {
    cwd: example('own-cdk-app'),
    env: { CDK_OUTDIR: outdir },
  });
  expect(code, stderr).toBe(0);
  const { Resources } = JSON.parse(readFileSync(join(outdir, 'Nlp.template.json'), 'utf8'));
  const types = Object.values<{ Type: string }>(Resources).map(({ Type }) => Type);
  expect(types).toEqual(
    expect.arrayContaining([
      'AWS::Lambda::Function',
      'AWS::Lambda::LayerVersion',
      'AWS::CloudWatch::Dashboard',
    ]),
  );
  expect(types.some((type) => type.startsWith('AWS::ApiGateway'))).toBe(true);
}, 180_000);

test('own-cdk-app uses the constructs as their types say', async () => {
  const compilerOptions = {
    composite: false,
    incremental: false,
    noEmit: true,
    allowJs: true,
    checkJs: true,
  };
  const types = { typeRoots: [join(REPOSITORY, 'node_modules/@types')] };
  writeFileSync(
    join(scratch, 'tsconfig.json'),
    JSON.stringify({
      extends: join(REPOSITORY, 'tsconfig.base.json'),
      compilerOptions: { ...compilerOptions, ...types },
      files: [example('own-cdk-app/app.mjs')],
    }),
  );
  const { code, stdout } = await run(node(COMPILER, '-p', scratch));
  expect(code, stdout).toBe(0);
}, 180_000);

test('own-cdk-app asks for the version of the packages that it lies beside', () => {
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
  const { dependencies } = read(example('own-cdk-app/package.json'));
  const { version, devDependencies } = read(join(REPOSITORY, 'package.json'));
  expect(dependencies).toMatchObject({
    '@pilotlight/constructs': version,
    pilotlight: version,
    'aws-cdk-lib': devDependencies['aws-cdk-lib'],
    constructs: devDependencies.constructs,
  });
});

test('engine-in-node prints the label of each text', async () => {
  const { code, stdout, stderr } = await run(
    node(example('engine-in-node/predict.mjs'), MODELS, 'I love this', 'this is awful'),
  );
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^positive {2}0\.\d{3} {2}I love this\nnegative {2}0\.\d{3} {2}this is awful\n$/);
});

test('hono-endpoint answers with one label, and refuses what is no text', async () => {
  const command = node(example('hono-endpoint/server.mjs'));
  await withService(command, { cwd: REPOSITORY, env: { MODELS_DIR: MODELS } }, async (url) => {
    const post = (body: string) =>
      fetch(`${url}/sentiment`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(await (await post('{"text": "I love this"}')).json()).toMatchObject({ label: 'positive' });
    expect((await post('{"text": 1}')).status).toBe(400);
    expect((await post('no JSON')).status).toBe(400);
  });
});

const hasPython = spawnSync('python3', ['--version']).status === 0;

test.skipIf(!hasPython)(
  'python-client prints the label of each text, and what an endpoint refuses',
  async () => {
    const start = ['npm', 'start', '--silent'];
    await withService(start, { cwd: REPOSITORY }, async (url) => {
      const ask = (...args: readonly string[]) =>
        run(['python3', example('python-client/client.py'), url, ...args]);
      const { code, stdout, stderr } = await ask('sentiment', 'I love this', 'this is awful');
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(
        /^positive {2}0\.\d{3} {2}I love this\nnegative {2}0\.\d{3} {2}this is awful\n$/,
      );
      const refused = await ask('sentimental', 'I love this');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/RuntimeError: 404: .*sentimental/);
    });
  },
);
