import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lambdaInvoker } from '../../../../functions/app/src/aws/lambda-invoker.ts';
import { createHandler } from '../../../../functions/warmer/create-handler.ts';
import { LambdaService, type LambdaServiceOptions, reply, throttle } from './lambda-service.ts';

const ALIAS = 'arn:aws:lambda:eu-central-1:123456789012:function:pilotlight-predict:live';

let lambda: LambdaService;
let emitted: Record<string, unknown>[];

beforeEach(() => {
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  emitted = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => emitted.push(JSON.parse(line)));
  vi.spyOn(console, 'info').mockImplementation(() => {});
});
afterEach(async () => {
  await lambda.stop();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function warmer(options: LambdaServiceOptions = {}, holdsMs = [400, 800, 1600]) {
  lambda = await LambdaService.start(options);
  const invoke = lambdaInvoker({
    endpoint: lambda.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  });
  const handler = createHandler({
    invoke,
    holdsMs,
    logger: new Logger({ serviceName: 'pilotlight' }),
    metrics: new Metrics({ namespace: 'Pilotlight', serviceName: 'pilotlight' }),
  });
  return (event: unknown, remainingMs = 60_000) =>
    handler(event, { getRemainingTimeInMillis: () => remainingMs });
}

describe('the warmer', () => {
  it('makes as many environments warm as it is asked for', async () => {
    const warm = await warmer({ initMs: 50 });
    const result = await warm({ functionName: ALIAS, concurrency: 5 });
    expect(result).toMatchObject({ environments: 5, coldStarts: 5, failures: [] });
    expect(lambda.environments).toHaveLength(5);
    expect(lambda.invocations[0]).toMatchObject({
      path: `/2015-03-31/functions/${encodeURIComponent(ALIAS)}/invocations`,
      payload: { source: 'pilotlight.warmup' },
    });
  });

  it('holds all invocations of a try until the same time', async () => {
    const warm = await warmer({}, [400]);
    const start = Date.now();
    await warm({ functionName: ALIAS, concurrency: 3 });
    const ends = lambda.invocations.map(({ payload }) => payload.holdUntil);
    expect(new Set(ends).size).toBe(1);
    expect(Math.abs((ends[0] ?? 0) - start - 400)).toBeLessThan(300);
  });

  it('finds environments warm that it has made before', async () => {
    const warm = await warmer();
    await warm({ functionName: ALIAS, concurrency: 3 });
    const again = await warm({ functionName: ALIAS, concurrency: 4 });
    expect(again).toMatchObject({ environments: 4, coldStarts: 1 });
  });

  it('tries again with a longer hold where environments answered before all invocations were in', async () => {
    const warm = await warmer({ spacingMs: 150 });
    const result = await warm({ functionName: ALIAS, concurrency: 4 });
    expect(result).toMatchObject({ environments: 4, failures: [] });
    expect(result.tries).toBeGreaterThan(1);
    expect(lambda.invocations).toHaveLength(4 * result.tries);
  });

  it('has more invocations under way at once than the SDK opens connections by itself', async () => {
    const warm = await warmer({}, [2500]);
    expect(await warm({ functionName: ALIAS, concurrency: 80 })).toMatchObject({
      environments: 80,
      tries: 1,
    });
  });

  it('gets over a throttled invocation', async () => {
    const warm = await warmer({
      instead: (invocation, response) => {
        if (invocation === 2) throttle(response);
        return invocation === 2;
      },
    });
    const result = await warm({ functionName: ALIAS, concurrency: 2 });
    expect(result).toMatchObject({ environments: 2, tries: 2 });
    expect(result.failures).toEqual([expect.stringMatching(/^TooManyRequestsException \(Reserved/)]);
  });

  it('gets over a connection that is cut', async () => {
    const warm = await warmer({
      instead: (invocation, response) => {
        if (invocation === 1) response.destroy();
        return invocation === 1;
      },
    });
    const result = await warm({ functionName: ALIAS, concurrency: 2 });
    expect(result).toMatchObject({ environments: 2, tries: 2 });
    expect(result.failures).toHaveLength(1);
  });

  it('fails with what it has and why, where the function may not scale so far', async () => {
    const warm = await warmer({ concurrency: 2 }, [300, 300, 300]);
    await expect(warm({ functionName: ALIAS, concurrency: 3 })).rejects.toMatchObject({
      name: 'WarmerError',
      code: 'WARM_UP_INCOMPLETE',
      message: expect.stringMatching(
        /^2 of 3 environments of .*:live are warm after 3 tries\. TooManyRequests/,
      ),
    });
    expect(emitted).toMatchObject([{ WarmEnvironments: 2, WarmUpColdStarts: 2 }]);
  });

  it('fails with what the function said where it throws', async () => {
    const warm = await warmer({
      instead: (_invocation, response) => {
        const error = { errorType: 'Runtime.ExitError', errorMessage: 'the runtime exited' };
        reply(response, error, { 'x-amz-function-error': 'Unhandled' });
        return true;
      },
    });
    await expect(warm({ functionName: ALIAS, concurrency: 1 })).rejects.toThrow(
      /the function failed \(Unhandled\): .*Runtime\.ExitError/,
    );
  });

  it.each([
    ['is not there', 404, 'ResourceNotFoundException'],
    ['may not be invoked', 403, 'AccessDeniedException'],
  ])('does not try again where the function %s', async (_title, status, name) => {
    const warm = await warmer({
      instead: (_invocation, response) => {
        response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': name });
        response.end(JSON.stringify({ Message: 'No.' }));
        return true;
      },
    });
    await expect(warm({ functionName: ALIAS, concurrency: 2 })).rejects.toThrow(name);
    expect(lambda.invocations).toHaveLength(2);
  });

  it('does not count what another function answers', async () => {
    const warm = await warmer({
      instead: (_invocation, response) => {
        reply(response, { statusCode: 200 });
        return true;
      },
    });
    await expect(warm({ functionName: ALIAS, concurrency: 1 })).rejects.toThrow(
      'did not answer as a warm-up',
    );
    expect(lambda.invocations).toHaveLength(1);
  });

  it('ends before its own time is over', async () => {
    const warm = await warmer({ instead: () => true });
    const start = performance.now();
    await expect(warm({ functionName: ALIAS, concurrency: 2 }, 1300)).rejects.toThrow('0 of 2 environments');
    expect(performance.now() - start).toBeLessThan(5000);
    expect(lambda.invocations).toHaveLength(2);
  });

  it('publishes what it did, by the name of the function', async () => {
    const warm = await warmer();
    await warm({ functionName: ALIAS, concurrency: 2 });
    expect(emitted).toEqual([
      expect.objectContaining({
        service: 'pilotlight',
        function_name: 'pilotlight-predict',
        WarmEnvironments: 2,
        WarmUpColdStarts: 2,
        WarmUpTime: expect.stringMatching(/^\d/),
      }),
    ]);
  });

  it.each([
    [{}, 'functionName is missing'],
    [{ functionName: ALIAS, concurrency: 0 }, 'concurrency must be at least 1'],
    [{ functionName: ALIAS, concurrency: 501 }, 'concurrency must be at most 500'],
    [{ functionName: ALIAS, concurrency: '5' }, 'concurrency must be a whole number'],
    [{ functionName: 'a b', concurrency: 5 }, 'functionName must name a function'],
    [null, 'The event is not'],
  ])('refuses the event %j', async (event, reason) => {
    const warm = await warmer();
    await expect(warm(event)).rejects.toThrow(reason);
    expect(lambda.invocations).toEqual([]);
  });
});
