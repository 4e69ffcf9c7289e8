/** Execution environments of local Lambda: how they begin, wait and end. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EchoLambda, startEcho } from './lambda-functions.ts';

const LINUX = process.platform === 'linux';

describe('an execution environment', () => {
  let echo: EchoLambda;
  beforeAll(async () => {
    process.env.PILOTLIGHT_OF_THE_SHELL = 'yes';
    const environment = { COLOUR: 'blue', MODELS: '/opt/models', CACHE: '/tmp/cache' };
    echo = await startEcho({ timeoutSeconds: 2, reservedConcurrency: 3, environment });
  });
  afterAll(() => echo.lambda.close());

  test('has an init phase before its first invocation and none before the next', async () => {
    const first = await echo.invoke({});
    const second = await echo.invoke({});
    expect([first.answer?.calls, second.answer?.calls]).toEqual([1, 2]);
    expect(second.environment).toBe(first.environment);
    expect(first.init?.totalMs).toBeGreaterThan(first.init?.processMs ?? Number.NaN);
    expect(second.init).toBeUndefined();
    const reports = echo.logged.filter((line) => line.startsWith('REPORT'));
    expect(reports.map((line) => line.includes('Init Duration'))).toEqual([true, false]);
  });

  test('gives the handler the context of Lambda', async () => {
    const { answer, requestId, environment } = await echo.invoke({}, { qualifier: 'live' });
    expect(answer?.context).toEqual({
      functionName: 'echo',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:echo:live',
      memoryLimitInMB: '128',
      awsRequestId: requestId,
      logGroupName: '/aws/lambda/echo',
      logStreamName: environment,
      xRayTraceId: expect.stringMatching(/^Root=1-/),
      remaining: expect.any(Number),
    });
    expect(answer?.context.remaining).toBeGreaterThan(1000);
    expect(answer?.context.remaining).toBeLessThanOrEqual(2000);
  });

  /** Names: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
  test('has the variables of Lambda and of the function, and none of the shell', async () => {
    const { answer } = await echo.invoke({});
    expect(answer?.ofTheShell).toBeNull();
    expect(answer?.environment).toMatchObject({
      ...{ _HANDLER: 'index.handler', COLOUR: 'blue', TZ: ':UTC', LANG: 'en_US.UTF-8' },
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
      LAMBDA_TASK_ROOT: answer?.cwd,
      MODELS: answer?.environment.NODE_PATH?.replace(/\/nodejs\/.*/, '/models'),
      CACHE: `${answer?.environment.TMPDIR}/cache`,
    });
    expect(answer?.environment).not.toHaveProperty('HOME');
  });

  test('finds its code where it may not write', async () => {
    const { answer } = await echo.invoke({});
    const code = [answer?.cwd ?? '', join(answer?.cwd ?? '', 'index.mjs')];
    expect(code.map((path) => statSync(path).mode & 0o222)).toEqual([0, 0]);
  });

  test.runIf(LINUX)('is frozen between invocations: no timer of it runs', async () => {
    const before = await echo.invoke({});
    await sleep(300);
    const status = readFileSync(`/proc/${before.answer?.pid}/status`, 'utf8');
    const after = await echo.invoke({});
    expect(status).toMatch(/^State:\s+T \(stopped\)$/m);
    expect((after.answer?.ticks ?? Number.NaN) - (before.answer?.ticks ?? 0)).toBeLessThan(10);
  });

  test('takes one invocation at a time; more at once get environments of their own, and no more than reserved', async () => {
    const all = await Promise.allSettled(Array.from({ length: 4 }, () => echo.invoke({ sleep: 300 })));
    const served = all.flatMap((one) => (one.status === 'fulfilled' ? one.value.environment : []));
    expect(new Set(served).size).toBe(3);
    expect(all.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { code: 'TooManyRequestsException', message: 'Rate Exceeded.' } },
    ]);
  });

  test('lives on when its handler throws', async () => {
    const failed = await echo.invoke({ throw: 'no such word' });
    expect(failed.functionError).toBe('Unhandled');
    expect(failed.error).toEqual({
      errorType: 'TypeError',
      errorMessage: 'no such word',
      trace: expect.arrayContaining(['TypeError: no such word']),
    });
    expect((await echo.invoke({})).environment).toBe(failed.environment);
  });

  test.each([
    [
      'takes more time than it has',
      { sleep: 10_000 },
      { errorType: 'Sandbox.Timedout' },
      /^RequestId: \S+ Error: Task timed out after 2\.00 seconds$/,
    ],
    [
      'takes more memory than it has',
      { allocate: 300, sleep: 10_000 },
      { errorType: 'Runtime.OutOfMemory' },
      /^RequestId: \S+ Error: Runtime exited with error: signal: killed$/,
    ],
    [
      'exits',
      { exit: 3 },
      { errorType: 'Runtime.ExitError' },
      /^RequestId: \S+ Error: Runtime exited with error: exit status 3$/,
    ],
    [
      'leaves a rejection unhandled',
      { reject: 'lost' },
      { errorType: 'Runtime.UnhandledPromiseRejection' },
      /^Error: lost$/,
    ],
  ])('is ended when its handler %s, and the next request works', async (_what, event, error, message) => {
    const failed = await echo.invoke(event);
    const next = await echo.invoke({});
    expect(failed.functionError).toBe('Unhandled');
    expect(failed.error).toMatchObject({ ...error, errorMessage: expect.stringMatching(message) });
    expect(echo.lambda.environments('echo').map(({ id }) => id)).not.toContain(failed.environment);
    expect(next.answer).toBeDefined();
  });

  test('that is killed in the middle of a request fails that request only', async () => {
    const pending = echo.invoke({ sleep: 1500 });
    await expect.poll(() => echo.lambda.environments('echo').find(({ busy }) => busy)?.pid).toBeDefined();
    await sleep(200);
    const busy = echo.lambda.environments('echo').find((environment) => environment.busy);
    process.kill(busy?.pid ?? Number.NaN, 'SIGKILL');
    expect((await pending).error).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('signal: killed'),
    });
    expect((await echo.invoke({})).answer).toBeDefined();
  });
});

describe('an environment whose init phase', () => {
  test('fails is tried once more within the invocation, which gets the error', async () => {
    const echo = await startEcho({ environment: { INIT: 'throw' } });
    const { error, init } = await echo.invoke({});
    await echo.lambda.close();
    expect(error).toMatchObject({ errorType: 'RangeError', errorMessage: 'there is no database' });
    expect(init).toBeUndefined();
    expect(echo.logged.filter((line) => line.startsWith('INIT_REPORT'))).toEqual([
      expect.stringMatching(/Phase: init\tStatus: error\tError Type: RangeError$/),
      expect.stringMatching(/Phase: invoke\tStatus: error\tError Type: RangeError$/),
    ]);
  });

  test('takes too long is ended, and repeated within the time of the invocation', async () => {
    const echo = await startEcho({ initSeconds: 0.5, timeoutSeconds: 1, environment: { INIT: 'slow' } });
    const { error } = await echo.invoke({});
    await echo.lambda.close();
    expect(error).toMatchObject({ errorType: 'Sandbox.Timedout' });
    expect(echo.logged.filter((line) => line.startsWith('INIT_REPORT'))).toEqual([
      expect.stringMatching(/Phase: init\tStatus: timeout$/),
      expect.stringMatching(/Phase: invoke\tStatus: timeout$/),
    ]);
  });
});

test('an environment without requests is ended after a while, with its /tmp', async () => {
  const echo = await startEcho({}, { idleSeconds: 0.2 });
  const { answer } = await echo.invoke({});
  expect(echo.lambda.environments('echo')).toHaveLength(1);
  await expect.poll(() => echo.lambda.environments('echo')).toEqual([]);
  expect(existsSync(answer?.environment.TMPDIR ?? '/')).toBe(false);
  await echo.lambda.close();
});
