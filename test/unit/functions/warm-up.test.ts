import { describe, expect, it } from 'vitest';
import { warmUpReportSchema } from '../../../functions/app/src/aws/warm-up.ts';
import { holdMs } from '../../../functions/predict/warm-up.ts';
import { fakeEngine } from './fake-engine.ts';
import { predictEnvironment as environment, HEALTH, recordEmitted } from './predict-environment.ts';

recordEmitted();

/** Milliseconds that `work` takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

describe('a warm-up', () => {
  it('is answered with the models in memory, the self-check and the environment', async () => {
    const { warmUp } = await environment();
    expect(await warmUp()).toEqual({
      source: 'pilotlight.warmup',
      coldStart: true,
      environment: expect.stringMatching(/^[0-9a-f-]{36}$/),
      models: ['sentiment@1.0.0'],
      selfCheck: { model: 'sentiment@1.0.0', line: 2, drift: 0.25 },
    });
  });

  it('packs the weights of every model before it checks one, and a request does not', async () => {
    const order: string[] = [];
    const engine = fakeEngine({
      pack: async () => {
        order.push('pack');
      },
      checkGolden: async () => {
        order.push('check');
        return { line: 2, drift: 0.25 };
      },
    });
    const { invoke, warmUp } = await environment(['sentiment', 'slots'], engine);
    await invoke(HEALTH);
    expect(order).toEqual([]);
    await warmUp();
    expect(order).toEqual(['pack', 'pack', 'check']);
  });

  it('tells an environment that was warm from one that it made so', async () => {
    const { invoke, warmUp } = await environment();
    await invoke(HEALTH);
    expect(await warmUp()).toMatchObject({ coldStart: false });
  });

  it('names one environment the same at each invocation, and another one otherwise', async () => {
    const [one, other] = [await environment(), await environment()];
    const { environment: name } = warmUpReportSchema.parse(await one.warmUp());
    expect(await one.warmUp()).toMatchObject({ environment: name });
    expect(await other.warmUp()).not.toMatchObject({ environment: name });
  });

  it('keeps the environment busy until the time that it is told', async () => {
    const { warmUp } = await environment();
    const end = Date.now() + 300;
    await warmUp({ holdUntil: end });
    expect(Date.now()).toBeGreaterThanOrEqual(end - 2);
    expect(Date.now()).toBeLessThan(end + 5000);
  });

  it('answers at once where that time is over', async () => {
    const { warmUp } = await environment();
    expect(await timed(() => warmUp({ holdUntil: Date.now() - 60_000 }))).toBeLessThan(2000);
  });

  it('answers before the time of the function is over, whatever it is told', async () => {
    const { warmUp } = await environment();
    expect(await timed(() => warmUp({ holdUntil: Date.now() + 3_600_000 }, 700))).toBeLessThan(2000);
  });

  it('holds for ten seconds at most', () => {
    const now = 1_800_000_000_000;
    expect(holdMs(now + 1500, now, 900_000)).toBe(1500);
    expect(holdMs(now + 3_600_000, now, 900_000)).toBe(10_000);
  });

  it('leaves half a second of the time of the function for the answer', () => {
    const now = 1_800_000_000_000;
    expect(holdMs(now + 3_600_000, now, 5000)).toBe(4500);
    expect(holdMs(now + 3_600_000, now, 500)).toBe(0);
    expect(holdMs(now + 3_600_000, now, 100)).toBe(0);
  });

  it.each([{ holdUntil: 'soon' }, { holdUntil: -1 }, { holdUntil: 0.5 }, { holdUntil: null }])(
    'is refused as %j, as a failed invocation and not as HTTP',
    async (event) => {
      const { warmUp } = await environment();
      await expect(warmUp(event)).rejects.toMatchObject({ name: 'WarmUpError', code: 'INVALID_WARM_UP' });
    },
  );

  it('lets keys through that it does not know, for a warmer may be newer', async () => {
    const { warmUp } = await environment();
    expect(await warmUp({ later: true })).toMatchObject({ source: 'pilotlight.warmup' });
  });
});
