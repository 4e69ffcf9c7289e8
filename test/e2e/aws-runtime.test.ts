/**
 * The built functions before every kind of event that may reach them, on the runtime of local Lambda and on AWS's own: its runtime
 * interface client, where PILOTLIGHT_RUNTIME_CLIENT names its folder. It is compiled as it is installed, for minutes:
 * `npm install --prefix FOLDER aws-lambda-ric@4.0.2`, then FOLDER/node_modules/aws-lambda-ric.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtPredict } from '../../cli/src/start/lambda/built-functions.ts';
import { bundleFolder, type FunctionName } from '../../functions/bundles/src/index.ts';
import type { LambdaFunction } from '../../infra/local/src/lambda/function-definition.ts';
import { LocalLambda } from '../../infra/local/src/lambda/local-lambda.ts';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { EVENTS, V2 } from '../fixtures/events/lambda-events.ts';
import { type OtlpCollector, startOtlpCollector } from '../fixtures/otlp-collector.ts';
import { sampled } from '../scale.ts';
import { PACKAGES } from './packages.ts';

const client = process.env.PILOTLIGHT_RUNTIME_CLIENT;
/** Flags that AWS gives to Node 24. */
const NODE_OPTIONS = '--no-experimental-require-module --no-experimental-detect-module';

const RUNTIMES = [
  { name: 'of local Lambda', runtime: undefined, skipped: false },
  {
    name: 'interface client of AWS',
    runtime: client && join(client, 'index.mjs'),
    skipped: client === undefined,
  },
];

test('the runtime interface client of AWS is where PILOTLIGHT_RUNTIME_CLIENT says, or its tests are skipped', () => {
  if (client !== undefined) expect(existsSync(join(client, 'rapid-client.node'))).toBe(true);
});

async function functions(collector: OtlpCollector): Promise<LambdaFunction[]> {
  const bundled = (name: FunctionName, environment: Record<string, string>): LambdaFunction => ({
    ...{ name, taskRoot: bundleFolder(name).folder, memoryMegabytes: 512, timeoutSeconds: 30 },
    environment: { NODE_OPTIONS, ...environment },
  });
  const nowhere = 'http://127.0.0.1:9';
  const models = [describePackage(PACKAGES, { name: 'sentiment' })];
  const predict = await builtPredict(models, { environment: { NODE_OPTIONS } });
  const batch = bundled('batch', {
    PILOTLIGHT_BATCH_QUEUE_URL: `${nowhere}/queue`,
    PILOTLIGHT_BATCH_BUCKET: 'uploads',
    PILOTLIGHT_MODELS_DIR: '/opt/models',
    AWS_ENDPOINT_URL_S3: nowhere,
    AWS_ENDPOINT_URL_SQS: nowhere,
  });
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };
  return [
    predict,
    { ...predict, name: 'traced', environment: { ...predict.environment, ...traced } },
    { ...batch, layers: predict.layers ?? [] },
    bundled('warmer', {}),
    bundled('authorizer', {
      PILOTLIGHT_API_KEYS_SECRET: 'keys',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: nowhere,
    }),
    bundled('pre-traffic-hook', {
      PILOTLIGHT_VERSION_ARN: 'predict:live',
      PILOTLIGHT_MODELS: 'sentiment',
      AWS_ENDPOINT_URL_CODEDEPLOY: nowhere,
    }),
  ];
}

describe.each(RUNTIMES)('with the runtime $name', ({ runtime, skipped }) => {
  let lambda: LocalLambda;
  let collector: OtlpCollector;
  beforeAll(async () => {
    collector = await startOtlpCollector({ delayMs: 700 });
    if (skipped) return;
    lambda = await LocalLambda.start({ functions: await functions(collector), ...(runtime && { runtime }) });
  });
  afterAll(async () => {
    await lambda?.close();
    collector.close();
  });

  test.skipIf(skipped).each(sampled(EVENTS, { short: 20 }))(
    '$functionName: $title',
    async ({ functionName, event, answer, error }) => {
      const { payload, functionError } = await lambda.invoke({
        functionName,
        payload: JSON.stringify(event),
      });
      const value: unknown = JSON.parse(payload.toString());
      expect({ functionError, value }).toMatchObject(
        error ? { functionError: 'Unhandled', value: error } : { functionError: undefined, value: answer },
      );
    },
  );

  test.skipIf(skipped)('sends traces when the answer is gone, and not at the next invocation', async () => {
    const request = { functionName: 'traced', payload: JSON.stringify(V2) };
    await lambda.invoke(request);
    await expect.poll(() => lambda.environments('traced')[0]?.busy, { timeout: 5000 }).toBe(false);
    const start = performance.now();
    await lambda.invoke(request);
    expect(performance.now() - start).toBeLessThan(600);
    await expect.poll(() => collector.posts.length, { timeout: 5000 }).toBe(2);
    expect(collector.spans().filter(({ name }) => name === 'POST /models/{model}')).toHaveLength(2);
  });
});
