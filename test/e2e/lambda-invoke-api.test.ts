/** Local Lambda's Invoke API, as AWS's own client uses it. */
import { InvokeCommand, type InvokeCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EchoLambda, startEcho } from './lambda-functions.ts';

let echo: EchoLambda;
let client: LambdaClient;
beforeAll(async () => {
  echo = await startEcho({ timeoutSeconds: 5, reservedConcurrency: 2 });
  client = new LambdaClient({
    endpoint: echo.lambda.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await echo.lambda.close();
});

const invoke = (event: object, input: Partial<InvokeCommandInput> = {}) =>
  client.send(new InvokeCommand({ FunctionName: 'echo', Payload: JSON.stringify(event), ...input }));
const parsed = (payload: Uint8Array | undefined) => JSON.parse(Buffer.from(payload ?? []).toString());

describe('the Invoke API', () => {
  test('answers with the payload, the version and on demand the end of the log', async () => {
    const answer = await invoke({ log: 'a line of mine' }, { LogType: 'Tail' });
    expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
    expect(answer.FunctionError).toBeUndefined();
    expect(parsed(answer.Payload)).toMatchObject({ calls: 1 });
    const log = Buffer.from(answer.LogResult ?? '', 'base64').toString();
    expect(log).toMatch(/START RequestId: \S+ Version: \$LATEST\n.*INFO\ta line of mine\n.*END RequestId/s);
  });

  test.each([
    ['echo:live'],
    ['arn:aws:lambda:us-east-1:123456789012:function:echo:live'],
    ['123456789012:function:echo'],
  ])('finds a function by %s', async (FunctionName) => {
    expect((await invoke({}, { FunctionName })).StatusCode).toBe(200);
  });

  test('says that a function failed', async () => {
    const { FunctionError, StatusCode, Payload } = await invoke({ throw: 'no such word' });
    expect({ FunctionError, StatusCode }).toEqual({ FunctionError: 'Unhandled', StatusCode: 200 });
    expect(parsed(Payload)).toMatchObject({ errorType: 'TypeError', errorMessage: 'no such word' });
  });

  test('says that a response is too large', async () => {
    expect(parsed((await invoke({ large: 6_400_000 })).Payload)).toEqual({
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
    });
  });

  test.each([
    ['a function that is not there', { FunctionName: 'ecco' }, 'ResourceNotFoundException', 404],
    ['an alias that is not there', { Qualifier: 'blue' }, 'ResourceNotFoundException', 404],
    ['a payload that is no JSON', { Payload: '{' }, 'InvalidRequestContentException', 400],
    ['a payload over 6 MB', { Payload: `"${'x'.repeat(6_291_456)}"` }, 'RequestTooLargeException', 413],
  ])('refuses %s', async (_what, input, name, httpStatusCode) => {
    await expect(invoke({}, input)).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
  });

  test('throttles what is above the reserved concurrency', async () => {
    const all = await Promise.allSettled([1, 2, 3].map(() => invoke({ sleep: 300 })));
    const refused = all.flatMap((one) => (one.status === 'rejected' ? one.reason : []));
    expect(refused).toMatchObject([
      {
        name: 'TooManyRequestsException',
        Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
        $metadata: { httpStatusCode: 429 },
      },
    ]);
  });

  test('takes an event and runs the function afterwards', async () => {
    const { StatusCode } = await invoke({ log: 'done later' }, { InvocationType: 'Event' });
    expect(StatusCode).toBe(202);
    await expect.poll(() => echo.logged.join('\n')).toContain('done later');
  });
});
