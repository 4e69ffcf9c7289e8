/** The pre-traffic hook and the predict function, built and in local Lambda, before CodeDeploy on loopback. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtPredict } from '../../cli/src/start/lambda/built-functions.ts';
import { bundle } from '../../functions/bundles/src/bundle.ts';
import { LocalLambda } from '../../infra/local/src/lambda/local-lambda.ts';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { CodeDeployService, EVENT } from '../unit/functions/pre-traffic-hook/code-deploy-service.ts';
import { copyOfPackages, PACKAGES } from './packages.ts';
import { tamperWithGolden } from './tampered-golden.ts';

const HOOK = 'dist/functions/pre-traffic-hook';
let tampered: string;

beforeAll(async () => {
  tampered = copyOfPackages();
  await bundle('pre-traffic-hook', HOOK);
});
afterAll(() => rmSync(tampered, { recursive: true }));

/** Deploys a function that serves `packages`: what CodeDeploy is told, and the lines that the hook logs. */
async function deploy(packages: string, models: string) {
  const codeDeploy = await CodeDeployService.start();
  const lines: string[] = [];
  const predict = await builtPredict([describePackage(packages, { name: 'sentiment' })]);
  const hook = {
    name: 'pre-traffic-hook',
    taskRoot: HOOK,
    memoryMegabytes: 256,
    timeoutSeconds: 90,
    environment: {
      PILOTLIGHT_VERSION_ARN: 'predict:live',
      PILOTLIGHT_MODELS: models,
      AWS_ENDPOINT_URL_CODEDEPLOY: codeDeploy.url,
    },
  };
  const functions = [predict, hook];
  const lambda = await LocalLambda.start({ functions, log: ({ text }) => lines.push(text) });
  const payload = JSON.stringify(EVENT);
  const { functionError } = await lambda.invoke({ functionName: 'pre-traffic-hook', payload });
  expect(functionError).toBeUndefined();
  await lambda.close();
  await codeDeploy.stop();
  const logged = lines.filter((line) => line.includes('versionArn'));
  return { status: codeDeploy.status, logged: logged.map((line) => JSON.parse(line)) };
}

test('a version that answers all goldens of its package may have traffic', async () => {
  const { status, logged } = await deploy(PACKAGES, 'sentiment@1.0.1');
  expect(status).toBe('Succeeded');
  const goldens = readFileSync(join(PACKAGES, 'sentiment/1.0.1/goldens.jsonl'), 'utf8').trim().split('\n');
  expect(logged).toMatchObject([{ goldens: goldens.length - 1 }]);
});

test('a version that drifts in one golden, or lacks a model, gets none; the log names both', async () => {
  tamperWithGolden(tampered);
  const { status, logged } = await deploy(tampered, 'sentiment@1.0.1,intent');
  expect(status).toBe('Failed');
  expect(logged).toMatchObject([
    { level: 'ERROR', model: 'intent' },
    { level: 'ERROR', model: 'sentiment@1.0.1', line: 7, drift: expect.any(Number) },
    { level: 'INFO', status: 'Failed', goldens: 36 },
  ]);
});
