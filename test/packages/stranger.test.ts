/** Somebody without a clone: installs the packages with npm, and uses each of them. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../e2e/command.ts';
import { SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { withService } from './service.ts';
import {
  COMPILER,
  INSTALL_MS,
  INSTALLS,
  installed,
  nodeOfMajor,
  pathWith,
  REPOSITORY,
  type Stranger,
  tarballs,
} from './world.ts';

const CDK = ['aws-cdk-lib@2.276.0', 'constructs@10.8.1', '@types/node@24.19.2'];

describe.skipIf(!INSTALLS)(
  'a stranger who installs the tarballs without scripts',
  { timeout: INSTALL_MS },
  () => {
    let stranger: Stranger;
    let node22 = '';
    beforeAll(async () => {
      stranger = await installed([...tarballs(), ...CDK]);
      const apart = join(stranger.folder, 'node22');
      mkdirSync(apart);
      writeFileSync(join(apart, 'package.json'), '{}');
      node22 = await nodeOfMajor(22, apart);
    }, INSTALL_MS);
    afterAll(() => stranger.remove());

    const script = async (name: string, content: string, node = process.execPath) => {
      stranger.write(name, content);
      const { code, stdout, stderr } = await run([node, name], { cwd: stranger.folder, env: pathWith(node) });
      expect(code, stderr).toBe(0);
      return stdout;
    };
    const pilotlight = (args: readonly string[], node = process.execPath, env: NodeJS.ProcessEnv = {}) =>
      run([join(stranger.folder, 'node_modules/.bin/pilotlight'), ...args], {
        cwd: stranger.folder,
        env: { ...pathWith(node), ...env },
      });

    test('has fetched no CUDA library', () => {
      const cuda = 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so';
      expect(existsSync(join(stranger.folder, cuda))).toBe(false);
    });

    test.each([
      ['22', 'inline'],
      ['22', 'worker'],
      ['24', 'worker'],
    ])('predicts in plain JavaScript on Node %s, with sessions %s', async (major, sessions) => {
      const code = `
      import { Engine } from '@pilotlight/engine';
      const engine = new Engine({ packages: 'node_modules/pilotlight/models', sessions: '${sessions}' });
      const { results } = await (await engine.predictor('sentiment')).predict('I love this');
      console.log(process.versions.node.split('.')[0], results[0][0].label);
      process.exit(0);`;
      expect(await script('engine.mjs', code, major === '22' ? node22 : process.execPath)).toBe(
        `${major} positive\n`,
      );
    });

    test.each([
      ['node16', 'node16'],
      ['bundler', 'esnext'],
    ])('has types that moduleResolution %s checks', async (moduleResolution, module) => {
      stranger.write(
        'typed.ts',
        `import { Engine } from '@pilotlight/engine';
      import { InferenceFunction } from '@pilotlight/constructs';
      import { bundleFolder } from '@pilotlight/functions';
      const engine = new Engine({ packages: 'models' });
      export const milliseconds: Promise<number> = engine.predictor('a').then(async (one) => (await one.predict('b')).results.length);
      export const folder: string = bundleFolder('predict').folder;
      export type Models = ConstructorParameters<typeof InferenceFunction>[2]['models'];
      // @ts-expect-error sessions has no such value, which shows that the types are not any
      new Engine({ packages: 'models', sessions: 'none' });`,
      );
      const options = {
        module,
        moduleResolution,
        target: 'es2022',
        strict: true,
        noEmit: true,
        types: ['node'],
      };
      stranger.write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: ['typed.ts'] }));
      const { code, stdout } = await run([process.execPath, COMPILER, '-p', 'tsconfig.json'], {
        cwd: stranger.folder,
      });
      expect(code, stdout).toBe(0);
    });

    test.each(['22', '24'])(
      'synthesises an app of its own on Node %s, with three constructs',
      async (major) => {
        stranger.write('app.mjs', readFileSync(join(REPOSITORY, 'examples/own-cdk-app/app.mjs'), 'utf8'));
        const node = major === '22' ? node22 : process.execPath;
        const env = { ...pathWith(node), CDK_OUTDIR: join(stranger.folder, `out${major}`) };
        const { code, stderr } = await run([node, 'app.mjs'], { cwd: stranger.folder, env });
        expect(code, stderr).toBe(0);
        const template = readFileSync(join(env.CDK_OUTDIR, 'Nlp.template.json'), 'utf8');
        for (const type of ['Lambda::LayerVersion', 'ApiGatewayV2::Api', 'CloudWatch::Dashboard'])
          expect(template).toMatch(new RegExp(`"AWS::(?:${type}|ApiGateway::RestApi)"`));
      },
    );

    test.each(['22', '24'])(
      'starts a bundle in local Lambda and invokes it with a prediction, on Node %s',
      async (major) => {
        const code = `
      import { bundleFolder } from '@pilotlight/functions';
      import { buildRuntimeLayer, buildModelLayer, describePackage } from '@pilotlight/layers';
      import { LocalLambda } from '@pilotlight/local';
      const runtime = buildRuntimeLayer(process.arch, '.pilotlight/layers');
      const models = buildModelLayer([describePackage('node_modules/pilotlight/models', { name: 'sentiment' })], '.pilotlight/layers');
      const lambda = await LocalLambda.start({ functions: [{
        name: 'predict', taskRoot: bundleFolder('predict').folder, layers: [runtime.folder, models.folder],
        memoryMegabytes: 1769, timeoutSeconds: 29, environment: { PILOTLIGHT_MODELS_DIR: '/opt/models', PILOTLIGHT_PRELOAD_MODELS: 'sentiment' },
      }] });
      const requestContext = { http: { method: 'POST', path: '/models/sentiment' }, requestId: 'one' };
      const event = {
        version: '2.0', routeKey: 'POST /models/{model}', rawPath: '/models/sentiment', rawQueryString: '', requestContext,
        headers: { 'content-type': 'application/json' }, body: '{"inputs":"I love this"}', isBase64Encoded: false,
      };
      const { payload } = await lambda.invoke({ functionName: 'predict:live', payload: JSON.stringify(event) });
      const { statusCode, body } = JSON.parse(payload.toString());
      console.log(statusCode, body);
      await lambda.close();`;
        const printed = await script('lambda.mjs', code, major === '22' ? node22 : process.execPath);
        expect(printed).toMatch(/^200 \[\[\{"label":"positive","score":0\.9\d*\},/);
      },
    );

    test.each(['22', '24'])(
      'packages a checkpoint with the CLI and predicts with it on Node %s',
      async (major) => {
        const node = major === '22' ? node22 : process.execPath;
        const checkpoint = join(stranger.folder, 'checkpoint');
        const labels = ['negative', 'positive'];
        writeCheckpoint(
          { family: 'bert', head: 'sequence-classification', shape: SHAPES.tiny, labels },
          checkpoint,
        );
        const folder = join(stranger.folder, `models${major}`);
        const added = await pilotlight(
          ['models', 'add', checkpoint, '--name', 'tiny', '--token-budget', '512', '--packages', folder],
          node,
        );
        expect(added.code, added.stderr).toBe(0);
        const own = await pilotlight(
          ['predict', '--model', 'tiny', '--json', '--packages', folder, 'I love this'],
          node,
        );
        expect(own.code, own.stderr).toBe(0);
        expect(own.stdout).toMatch(/"label":"(?:negative|positive)"/);
      },
    );

    test.each(['22', '24'])('predicts a text and a file with the CLI on Node %s', async (major) => {
      const node = major === '22' ? node22 : process.execPath;
      const predicted = await pilotlight(['predict', '--model', 'sentiment', '--json', 'I love this'], node);
      expect(predicted.code, predicted.stderr).toBe(0);
      expect(JSON.parse(predicted.stdout)).toMatchObject({
        text: 'I love this',
        result: [{ label: 'positive' }],
      });
      writeFileSync(join(stranger.folder, 'rows.txt'), 'I love this\nI do not\n');
      const batch = await pilotlight(['batch', 'rows.txt', '--model', 'sentiment'], node);
      expect(batch.code, batch.stderr).toBe(0);
      const answers = readFileSync(join(stranger.folder, 'rows.txt.sentiment.predictions.jsonl'), 'utf8').trim();
      expect(answers.split('\n').length).toBe(2);
      rmSync(join(stranger.folder, 'rows.txt.sentiment.predictions.jsonl'));
    });

    test('serves the models that come along with `npx pilotlight start`', async () => {
      const command = ['npx', '--no-install', 'pilotlight', 'start'];
      await withService(command, { cwd: stranger.folder, env: pathWith(process.execPath) }, async (url) => {
        const answer = await fetch(`${url}/models/sentiment`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ inputs: 'I love this' }),
        });
        expect(await answer.json()).toMatchObject([[{ label: 'positive' }, { label: 'negative' }]]);
      });
    });
  },
);
