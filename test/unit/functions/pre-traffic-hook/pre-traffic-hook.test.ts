import { Logger } from '@aws-lambda-powertools/logger';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { statusReporter } from '../../../../functions/app/src/aws/deployment-hook.ts';
import type { Expectations } from '../../../../functions/app/src/aws/golden-verdict.ts';
import { lambdaInvoker } from '../../../../functions/app/src/aws/lambda-invoker.ts';
import { createHandler } from '../../../../functions/pre-traffic-hook/create-handler.ts';
import { LambdaService, type LambdaServiceOptions, reply, throttle } from '../warmer/lambda-service.ts';
import { CodeDeployService, EVENT } from './code-deploy-service.ts';

const VERSION = 'arn:aws:lambda:eu-central-1:123456789012:function:pilotlight-predict:8';
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

let lambda: LambdaService | undefined;
let codeDeploy: CodeDeployService;
let logged: Record<string, unknown>[];
const errors = () => logged.filter(({ level }) => level === 'ERROR');

beforeEach(async () => {
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  logged = [];
  for (const method of ['info', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((line: string) => logged.push(JSON.parse(line)));
  }
  codeDeploy = await CodeDeployService.start();
});
afterEach(async () => {
  await lambda?.stop();
  lambda = undefined;
  await codeDeploy.stop();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

type Instead = NonNullable<LambdaServiceOptions['instead']>;

const good = { model: 'sentiment@1.0.0', line: 2, drift: 0.25 };
/** The answer of versions that do not know `goldens`. */
const olderReport = {
  source: 'pilotlight.warmup',
  coldStart: true,
  environment: 'a',
  models: ['sentiment@1.0.0'],
  selfCheck: { model: 'sentiment@1.0.0', drift: 0.25 },
};

/** A version that checked these goldens. */
function checked(...selfChecks: object[]): Instead {
  return answered({ ...olderReport, selfCheck: null, selfChecks });
}

function answered(payload: unknown, headers: Record<string, string> = {}): Instead {
  return (_invocation, response) => {
    reply(response, payload, headers);
    return true;
  };
}

async function hook(instead: Instead, expectations: Partial<Expectations> = {}) {
  lambda = await LambdaService.start({ instead });
  const service = { region: 'eu-central-1', credentials };
  const handler = createHandler({
    invoke: lambdaInvoker({ ...service, endpoint: lambda.url, maxAttempts: 5 }),
    report: statusReporter({ ...service, endpoint: codeDeploy.url }),
    versionArn: VERSION,
    models: ['sentiment'],
    toleratedDrift: 1,
    logger: new Logger({ serviceName: 'pilotlight' }),
    ...expectations,
  });
  return (event: unknown = EVENT, remainingMs = 900_000) =>
    handler(event, { getRemainingTimeInMillis: () => remainingMs });
}

describe('the pre-traffic hook', () => {
  it('asks the new version itself for all goldens of every model, and lets it have traffic', async () => {
    const run = await hook(checked(good, { ...good, line: 3, drift: 1 }));
    expect(await run()).toEqual({ status: 'Succeeded' });
    expect(codeDeploy.status).toBe('Succeeded');
    expect(lambda?.invocations).toEqual([
      {
        path: `/2015-03-31/functions/${encodeURIComponent(VERSION)}/invocations`,
        payload: { source: 'pilotlight.warmup', goldens: 1000 },
      },
    ]);
    expect(logged).toMatchObject([{ status: 'Succeeded', versionArn: VERSION, goldens: 2, drift: 1 }]);
  });

  it('refuses a version that drifts, and logs model, line and drift', async () => {
    const run = await hook(checked(good, { ...good, line: 7, drift: 1.01 }));
    expect(await run()).toEqual({ status: 'Failed' });
    expect(codeDeploy.status).toBe('Failed');
    expect(errors()).toMatchObject([
      {
        model: 'sentiment@1.0.0',
        line: 7,
        drift: 1.01,
        deploymentId: EVENT.DeploymentId,
        versionArn: VERSION,
      },
    ]);
  });

  it('refuses a version whose golden cannot be run or compared, and logs why', async () => {
    const problem = 'token 1 is 18 instead of 17';
    const run = await hook(checked(good, { model: 'sentiment@1.0.0', line: 7, problem }));
    expect(await run()).toEqual({ status: 'Failed' });
    expect(errors()).toMatchObject([{ model: 'sentiment@1.0.0', line: 7, problem }]);
  });

  it('refuses a version that did not load one of the models, and logs which', async () => {
    const run = await hook(checked(good), { models: ['sentiment@1.0.0', 'intent', 'sent'] });
    expect(await run()).toEqual({ status: 'Failed' });
    expect(errors()).toMatchObject([{ model: 'intent' }, { model: 'sent' }]);
  });

  it('tolerates as much drift as it is told', async () => {
    const run = await hook(checked({ ...good, drift: 1.9 }), { toleratedDrift: 2 });
    expect(await run()).toEqual({ status: 'Succeeded' });
  });

  it.each([
    [
      'fails',
      answered({ errorType: 'Runtime.ExitError' }, { 'x-amz-function-error': 'Unhandled' }),
      'ExitError',
    ],
    ['answers as another function', answered({ statusCode: 200 }), 'statusCode'],
    [
      'runs one golden only, being too old to be asked for more',
      answered(olderReport),
      'does not check goldens',
    ],
  ])('refuses a version that %s, and does not ask it again', async (_title, instead, message) => {
    const run = await hook(instead);
    expect(await run()).toEqual({ status: 'Failed' });
    expect(errors()).toMatchObject([{ message: expect.stringContaining(message) }]);
    expect(lambda?.invocations).toHaveLength(1);
  });

  it('refuses a version that it may not invoke', async () => {
    const run = await hook((_invocation, response) => {
      response.writeHead(403, { 'x-amzn-errortype': 'AccessDeniedException' });
      response.end('{"Message":"No."}');
      return true;
    });
    expect(await run()).toEqual({ status: 'Failed' });
    expect(errors()).toMatchObject([{ message: expect.stringContaining('AccessDeniedException') }]);
  });

  it('reports in time on a version that does not answer', async () => {
    const run = await hook(() => true);
    expect(await run(EVENT, 60_300)).toEqual({ status: 'Failed' });
    expect(codeDeploy.status).toBe('Failed');
  });

  it('asks again where the invocation was throttled', async () => {
    const run = await hook((invocation, response) => {
      if (invocation === 1) throttle(response);
      else reply(response, { ...olderReport, selfChecks: [good] });
      return true;
    });
    expect(await run()).toEqual({ status: 'Succeeded' });
    expect(lambda?.invocations).toHaveLength(2);
  });

  it('reports again where the answer of CodeDeploy was lost, and takes it for done', async () => {
    await codeDeploy.stop();
    codeDeploy = await CodeDeployService.start({
      instead: (request, response) => {
        if (request === 1) response.destroy();
        return request === 1;
      },
    });
    const run = await hook(checked(good));
    expect(await run()).toEqual({ status: 'Succeeded' });
    expect(codeDeploy).toMatchObject({ status: 'Succeeded', requests: 2 });
  });

  it('fails itself where CodeDeploy does not take the report', async () => {
    const run = await hook(checked(good));
    await expect(run({ ...EVENT, DeploymentId: 'd-OTHER' })).rejects.toMatchObject({
      name: 'DeploymentDoesNotExistException',
    });
  });

  it.each([
    [{ DeploymentId: 'd-1' }, 'LifecycleEventHookExecutionId is missing'],
    [{ ...EVENT, DeploymentId: '' }, 'DeploymentId is empty'],
    [null, "not one of CodeDeploy's"],
  ])('refuses the event %j', async (event, reason) => {
    const run = await hook(checked(good));
    await expect(run(event)).rejects.toMatchObject({
      code: 'INVALID_EVENT',
      message: expect.stringContaining(reason),
    });
    expect(lambda?.invocations).toEqual([]);
  });
});

it.each([
  ['no version', { PILOTLIGHT_MODELS: 'sentiment' }],
  ['no models', { PILOTLIGHT_VERSION_ARN: VERSION }],
  [
    'a drift that is no number',
    { PILOTLIGHT_VERSION_ARN: VERSION, PILOTLIGHT_MODELS: 'sentiment', PILOTLIGHT_TOLERATED_DRIFT: 'much' },
  ],
])('the pre-traffic hook does not start with %s', async (title, environment) => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const handler = `../../../../functions/pre-traffic-hook/handler.ts?${encodeURIComponent(title)}`;
  await expect(import(handler)).rejects.toMatchObject({
    code: 'INVALID_CONFIGURATION',
  });
});
