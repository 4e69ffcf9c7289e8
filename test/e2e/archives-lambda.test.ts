/** An archive in the built functions in local Lambda: layers, cold start, warm-up, and the hook before traffic. */
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Of } from '@pilotlight/model-format';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtPredict } from '../../cli/src/start/lambda/built-functions.ts';
import { ROUTES } from '../../cli/src/start/lambda/routes.ts';
import { bundle } from '../../functions/bundles/src/bundle.ts';
import { codeFolder } from '../../infra/constructs/src/function/predictors-code.ts';
import { createHttpApi } from '../../infra/local/src/gateway/http-api.ts';
import type { LambdaFunction } from '../../infra/local/src/lambda/function-definition.ts';
import { LocalLambda } from '../../infra/local/src/lambda/local-lambda.ts';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { compareAnswers } from '../../layers/engine/src/runtimes/allennlp/goldens/compare-answers.ts';
import { CodeDeployService, EVENT } from '../unit/functions/pre-traffic-hook/code-deploy-service.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { addExample, EXAMPLE, INPUTS, OUTPUTS, SENTENCE } from './example-archive.ts';

const packages = join(temporaryFolder(), 'packages');
const logged: string[] = [];
let predict: LambdaFunction;
let lambda: LocalLambda;
let url: string;
const api = createHttpApi({
  routes: ROUTES,
  invoke: (request) => lambda.invoke(request),
  functionName: 'predict:live',
});

beforeAll(async () => {
  await addExample(packages);
  predict = await builtPredict([describePackage(packages, { name: 'ner' })]);
  lambda = await LocalLambda.start({ functions: [predict], log: ({ text }) => logged.push(text) });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  url = `http://127.0.0.1:${listeningPort(api)}`;
}, 60_000);
afterAll(async () => {
  api.close();
  await lambda.close();
});

async function post(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/${path}`, { method: 'POST', body: JSON.stringify(body), headers });
  return { status: response.status, body: await response.json() };
}

describe('the predict function with an archive in a layer', () => {
  test.each(['models/ner', 'models/ner/predict', 'models/ner/versions/1.0.0', 'predict'])(
    "answers the predictor's JSON as AllenNLP did at /%s",
    async (path) => {
      const { status, body } = await post(path, INPUTS[0]);
      expect({ status, problem: compareAnswers(OUTPUTS[0], body).problem }).toEqual({ status: 200 });
    },
  );

  test.each(['predict_batch', 'models/ner/predict_batch'])('answers a list at /%s', async (path) => {
    const { status, body } = await post(path, INPUTS);
    expect({ status, problem: compareAnswers(OUTPUTS, body).problem }).toEqual({ status: 200 });
  });

  test('answers as Hugging Face does where a body has inputs', async () => {
    const entities = [{ word: 'Joel Smith', entity_group: 'PER' }, { word: 'Seattle' }];
    expect((await post('models/ner', { inputs: SENTENCE })).body).toMatchObject(entities);
    expect((await post('pipeline/ner/ner', { inputs: [SENTENCE] })).body).toMatchObject([entities]);
    expect(await post('models/ner', { sentence: '' })).toMatchObject({
      status: 422,
      body: { field: 'sentence' },
    });
  });

  test('is warm with its model, whose golden it runs at every warm-up, and logs tokens and batches', async () => {
    const payload = JSON.stringify({ source: 'pilotlight.warmup' });
    const { payload: answer } = await lambda.invoke({ functionName: 'predict', payload });
    const report = JSON.parse(answer.toString());
    expect(report).toMatchObject({ models: ['ner@1.0.0'], selfCheck: { model: 'ner@1.0.0' } });
    expect(report.selfCheck.drift).toBeLessThan(1);
    await post('predict_batch', INPUTS);
    const metrics = logged.filter((line) => line.includes('"InferenceTime"')).map((line) => JSON.parse(line));
    const tokens = INPUTS.reduce((sum, { sentence }) => sum + sentence.split(' ').length, 0);
    expect(metrics.at(-1)).toMatchObject({
      model: 'ner',
      Requests: 1,
      Inputs: `${INPUTS.length}`,
      Tokens: tokens,
    });
  });
});

describe('the predict function with a module of the team’s own', () => {
  const file = join(EXAMPLE, 'predictors.mjs');
  const functionWith = async (predictors: string) => ({
    ...(await builtPredict([describePackage(packages, { name: 'ner' })], {
      environment: { PILOTLIGHT_PREDICTORS: 'predictors.mjs' },
    })),
    taskRoot: codeFolder('predict', predictors),
  });

  test('answers the JSON of their predictor', async () => {
    const deployed = await LocalLambda.start({ functions: [await functionWith(file)] });
    const event = JSON.parse(readFileSync('test/fixtures/events/predict.json', 'utf8'));
    event.rawPath = event.requestContext.http.path = '/models/ner';
    event.body = JSON.stringify({ text: SENTENCE });
    const invoke = async (sent: object) =>
      (await deployed.invoke({ functionName: 'predict', payload: JSON.stringify(sent) })).payload;
    const payload = await invoke(event);
    // Goldens are AllenNLP's own answers, so that the team's code has no part in them.
    const warm = JSON.parse((await invoke({ source: 'pilotlight.warmup', goldens: 100 })).toString());
    await deployed.close();
    expect(warm.selfChecks).toHaveLength(INPUTS.length);
    for (const { drift, problem } of warm.selfChecks)
      expect({ problem, ok: drift < 1 }).toEqual({ ok: true });
    const { statusCode, body } = JSON.parse(payload.toString());
    const names = [
      { name: 'Joel Smith', kind: 'PER' },
      { name: 'Seattle', kind: 'LOC' },
    ];
    expect({ statusCode, body: JSON.parse(body) }).toEqual({ statusCode: 200, body: { names } });
  });

  test('ends at once where the module cannot be used', async () => {
    const wrong = join(packages, '../wrong.mjs');
    writeFileSync(wrong, 'export default 1;');
    const deployed = await LocalLambda.start({ functions: [await functionWith(wrong)] });
    const { payload, functionError } = await deployed.invoke({ functionName: 'predict', payload: '{}' });
    await deployed.close();
    expect(functionError).toBeDefined();
    expect(payload.toString()).toContain('PILOTLIGHT_PREDICTORS: predictors.mjs must export default');
  });
});

/** A copy of the packages in which a tag of a golden is another one, with checksums that agree. */
function withOtherGolden(): string {
  const copy = `${packages}-other`;
  cpSync(packages, copy, { recursive: true });
  const goldensFile = join(copy, 'ner/1.0.0/goldens.jsonl');
  const goldens = readFileSync(goldensFile, 'utf8').replace('"U-LOC"', '"O"');
  writeFileSync(goldensFile, goldens);
  const manifestFile = join(copy, 'ner/1.0.0/model.json');
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
  manifest.goldens = { ...manifest.goldens, bytes: Buffer.byteLength(goldens), sha256: sha256Of(goldens) };
  writeFileSync(manifestFile, JSON.stringify(manifest));
  return copy;
}

describe('the hook before traffic', () => {
  const hook = async (folder: string) => {
    const codeDeploy = await CodeDeployService.start();
    const taskRoot = 'dist/functions/pre-traffic-hook';
    await bundle('pre-traffic-hook', taskRoot);
    const version = await builtPredict([describePackage(folder, { name: 'ner' })]);
    const environment = {
      PILOTLIGHT_VERSION_ARN: 'predict:live',
      PILOTLIGHT_MODELS: 'ner@1.0.0',
      AWS_ENDPOINT_URL_CODEDEPLOY: codeDeploy.url,
    };
    const settings = { memoryMegabytes: 256, timeoutSeconds: 90, environment };
    const lines: string[] = [];
    const deployed = await LocalLambda.start({
      functions: [version, { name: 'pre-traffic-hook', taskRoot, ...settings }],
      log: ({ text }) => lines.push(text),
    });
    await deployed.invoke({ functionName: 'pre-traffic-hook', payload: JSON.stringify(EVENT) });
    await deployed.close();
    await codeDeploy.stop();
    const told = lines.filter((line) => line.includes('versionArn')).map((line) => JSON.parse(line));
    return { status: codeDeploy.status, told };
  };

  test('lets a version pass that answers every reference of AllenNLP', async () => {
    const { status, told } = await hook(packages);
    expect({ status, told }).toMatchObject({ status: 'Succeeded', told: [{ goldens: INPUTS.length }] });
  });

  test('stops one that answers a reference otherwise, and names its place', async () => {
    const { status, told } = await hook(withOtherGolden());
    expect(status).toBe('Failed');
    expect(told[0]).toMatchObject({ level: 'ERROR', model: 'ner@1.0.0', line: 2 });
  });
});
