import { setTimeout as pause } from 'node:timers/promises';
import { EngineError } from '@pilotlight/engine';
import { describe, expect, it, vi } from 'vitest';
import { warmUpReportSchema } from '../../../functions/app/src/aws/warm-up.ts';
import { fakeEngine } from './fake-engine.ts';
import { emitted, predictEnvironment, recordEmitted } from './predict-environment.ts';

recordEmitted();

const goldenMetrics = () => emitted.filter((line) => 'GoldenFailures' in line || 'GoldenDrift' in line);
const TIMINGS = { openMs: 1, verifyMs: 2, tokenizerMs: 3, sessionMs: 4, totalMs: 6 };
const errors = () => emitted.filter(({ level }) => level === 'ERROR');

describe('the self-check of a warm-up', () => {
  it('takes the loaded models in turn', async () => {
    const { warmUp } = await predictEnvironment(['slots', 'sentiment', 'vectors']);
    const models = [];
    for (let i = 0; i < 4; i++) models.push(warmUpReportSchema.parse(await warmUp()));
    expect(models.map(({ selfCheck }) => selfCheck)).toEqual(
      ['sentiment', 'slots', 'vectors', 'sentiment'].map((name) => ({
        model: `${name}@1.0.0`,
        line: 2,
        drift: 0.25,
      })),
    );
  });

  it('is a metric of the model', async () => {
    const { warmUp } = await predictEnvironment();
    await warmUp();
    expect(goldenMetrics()).toEqual([
      expect.objectContaining({
        service: 'pilotlight',
        model: 'sentiment',
        GoldenDrift: 0.25,
      }),
    ]);
    expect(errors()).toEqual([]);
  });

  it('is a metric of the version of the function too, for a canary: drift, or an error where nothing can be compared', async () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'predict');
    vi.stubEnv('AWS_LAMBDA_FUNCTION_VERSION', '7');
    const checks = [
      { line: 2, drift: 0.5 },
      { line: 3, problem: 'NaN' },
    ];
    const engine = fakeEngine({ checkGolden: async () => checks.shift() ?? { line: 4 } });
    const { warmUp } = await predictEnvironment(['sentiment'], engine);
    await warmUp();
    await warmUp();
    const ofVersion = emitted.filter(({ version }) => version === '7');
    expect(ofVersion.map(({ VersionDrift, VersionErrors }) => [VersionDrift, VersionErrors])).toEqual([
      [0.5, undefined],
      [undefined, 1],
    ]);
  });

  it('reports drift instead of failing', async () => {
    const engine = fakeEngine({ checkGolden: async () => ({ line: 9, drift: 3.5 }) });
    const { warmUp } = await predictEnvironment(['sentiment'], engine);
    expect(await warmUp()).toMatchObject({ selfCheck: { model: 'sentiment@1.0.0', drift: 3.5 } });
    expect(goldenMetrics()).toMatchObject([{ GoldenDrift: 3.5 }]);
    expect(errors()).toMatchObject([{ model: 'sentiment@1.0.0', line: 9, drift: 3.5 }]);
  });

  it('counts an answer that cannot be compared as a failure, without a drift', async () => {
    const problem = 'token 1 is 18 instead of 17';
    const engine = fakeEngine({ checkGolden: async () => ({ line: 9, problem }) });
    const { warmUp } = await predictEnvironment(['sentiment'], engine);
    expect(await warmUp()).toMatchObject({ selfCheck: { model: 'sentiment@1.0.0', problem } });
    expect(goldenMetrics()).toMatchObject([{ GoldenFailures: 1 }]);
    expect(goldenMetrics()[0]).not.toHaveProperty('GoldenDrift');
  });

  it('counts a model that cannot be run as a failure, and goes on with the next', async () => {
    const engine = fakeEngine({
      checkGolden: () => Promise.reject(new EngineError('SESSION_FAILED', 'It broke.')),
    });
    const { warmUp } = await predictEnvironment(['sentiment', 'slots'], engine);
    expect(await warmUp()).toMatchObject({ selfCheck: { model: 'sentiment@1.0.0', problem: 'It broke.' } });
    expect(await warmUp()).toMatchObject({ selfCheck: { model: 'slots@1.0.0', problem: 'It broke.' } });
    expect(goldenMetrics()).toMatchObject([{ GoldenFailures: 1 }, { GoldenFailures: 1 }]);
  });

  it('is none where no model is loaded', async () => {
    const { warmUp } = await predictEnvironment([]);
    expect(await warmUp()).toMatchObject({ models: [], selfCheck: null });
    expect(goldenMetrics()).toEqual([]);
  });
});

describe('a warm-up that asks for goldens', () => {
  /** With goldens of `lines` lines from 2 on, round and round. */
  async function checksOf(models: string[], goldens: number, lines: number) {
    let turn = 0;
    const engine = fakeEngine({ checkGolden: async () => ({ line: 2 + (turn++ % lines), drift: 0.25 }) });
    const { warmUp } = await predictEnvironment(models, engine);
    const { selfCheck, selfChecks = [] } = warmUpReportSchema.parse(await warmUp({ goldens }));
    expect(selfCheck).toBeNull();
    return selfChecks.map(({ model, line }) => `${model} ${line}`);
  }

  it('runs as many of every model, one of each in turn', async () => {
    expect(await checksOf(['slots', 'sentiment'], 2, 36)).toEqual([
      'sentiment@1.0.0 2',
      'slots@1.0.0 3',
      'sentiment@1.0.0 4',
      'slots@1.0.0 5',
    ]);
    expect(goldenMetrics().map(({ model }) => model)).toEqual(['sentiment', 'slots', 'sentiment', 'slots']);
  });

  it('runs none twice', async () => {
    expect(await checksOf(['sentiment'], 1000, 2)).toEqual(['sentiment@1.0.0 2', 'sentiment@1.0.0 3']);
  });

  it('runs those of each variant of a version, which stand in the same lines', async () => {
    const engine = fakeEngine();
    const { manifest } = await engine.model('sentiment');
    const loaded = ['int8', 'fp32'].map((variantName) => {
      let turn = 0;
      const checkGolden = async () => ({
        line: 2 + (turn++ % 2),
        drift: variantName === 'int8' ? 0.25 : 0.5,
      });
      return { manifest, loadTimings: TIMINGS, variantName, checkGolden };
    });
    const { warmUp } = await predictEnvironment(['sentiment'], { ...engine, loaded: () => loaded });
    const { selfChecks = [] } = warmUpReportSchema.parse(await warmUp({ goldens: 1000 }));
    expect(selfChecks.map(({ line, drift }) => [line, drift])).toEqual([
      [2, 0.5],
      [2, 0.25],
      [3, 0.5],
      [3, 0.25],
    ]);
  });

  it('ends at half of the time of the function, and says what it has', async () => {
    let line = 1;
    const checkGolden = async () => {
      await pause(100);
      line += 1;
      return { line, drift: 0.25 };
    };
    const { warmUp } = await predictEnvironment(['sentiment'], fakeEngine({ checkGolden }));
    const { selfChecks } = warmUpReportSchema.parse(await warmUp({ goldens: 1000 }, 700));
    expect(selfChecks?.length).toBeGreaterThan(0);
    expect(selfChecks?.length).toBeLessThan(6);
  });

  it('reports a model that cannot be run once, and goes on with the others', async () => {
    const engine = fakeEngine({
      checkGolden: () => Promise.reject(new EngineError('SESSION_FAILED', 'It broke.')),
    });
    const { warmUp } = await predictEnvironment(['sentiment', 'slots'], engine);
    expect(await warmUp({ goldens: 1000 })).toMatchObject({
      selfChecks: [
        { model: 'sentiment@1.0.0', problem: 'It broke.' },
        { model: 'slots@1.0.0', problem: 'It broke.' },
      ],
    });
  });

  it('says that no model is loaded', async () => {
    expect(await checksOf([], 1000, 36)).toEqual([]);
  });

  it.each([0, -1, 1.5, 'all'])('is refused with %j of them', async (goldens) => {
    const { warmUp } = await predictEnvironment();
    await expect(warmUp({ goldens })).rejects.toMatchObject({ code: 'INVALID_WARM_UP' });
  });
});
