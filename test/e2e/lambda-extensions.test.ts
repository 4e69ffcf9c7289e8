/** Extensions within the process of a function, in local Lambda. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { LocalLambda } from '../../infra/local/src/lambda/local-lambda.ts';

const EXTENDED = 'test/fixtures/lambda/extended';

interface Started {
  readonly lambda: LocalLambda;
  readonly logged: string[];
}
let started: Started | undefined;
afterEach(() => started?.lambda.close());

async function start(
  environment: Readonly<Record<string, string>> = {},
  timeoutSeconds = 3,
): Promise<Started> {
  const logged: string[] = [];
  const lambda = await LocalLambda.start({
    functions: [{ name: 'extended', taskRoot: EXTENDED, environment, timeoutSeconds }],
    log: ({ source, text }) => {
      if (source === 'stdout') logged.push(text.split('\t').at(-1) ?? '');
    },
  });
  started = { lambda, logged };
  return started;
}

async function timed(lambda: LocalLambda) {
  const begin = performance.now();
  const { payload, environment } = await lambda.invoke({ functionName: 'extended', payload: '{}' });
  return { answer: JSON.parse(payload.toString()), environment, ms: performance.now() - begin };
}

describe('an extension in the process of a function', () => {
  test('works after the answer, which does not wait for it, and before the environment is frozen', async () => {
    const { lambda, logged } = await start({ WORK_MS: '400' });
    await timed(lambda);
    await sleep(600);
    const { ms, answer } = await timed(lambda);
    expect(answer).toEqual({ calls: 2 });
    expect(ms).toBeLessThan(300);
    await expect.poll(() => logged).toEqual(['worked after 1', 'worked after 2']);
  });

  test('keeps its environment busy, so that a request that comes meanwhile gets another one', async () => {
    const { lambda } = await start({ WORK_MS: '400' });
    const [first, second] = [await timed(lambda), await timed(lambda)];
    expect(second.environment).not.toBe(first.environment);
  });

  test('is told of the end of its environment, and has half a second for it', async () => {
    const { lambda, logged } = await start();
    await timed(lambda);
    await expect.poll(() => logged).toEqual(['worked after 1']);
    lambda.recycle('extended');
    await expect.poll(() => logged).toEqual(['worked after 1', 'ended']);
  });

  test('that works for longer than the function may run is ended with its environment', async () => {
    const { lambda, logged } = await start({ WORK_MS: '60000' }, 1);
    const { environment } = await timed(lambda);
    await expect.poll(() => lambda.environments('extended'), { timeout: 5000 }).toEqual([]);
    expect(logged).toEqual([]);
    expect((await timed(lambda)).environment).not.toBe(environment);
  });

  test.each([
    ['registers for the end, of which SIGTERM tells it', { EVENTS: '["INVOKE","SHUTDOWN"]' }, 400],
    ['has no name', { NAME: '' }, 400],
    ['registers after the init phase', { LATE: 'yes' }, 403],
    ['asks for an event without having registered', { EVENTS: '' }, 403],
  ])('is refused where it %s', async (_, environment, status) => {
    const { lambda } = await start(environment);
    expect((await timed(lambda)).answer).toMatchObject({ refused: status });
  });
});
