import { describe, expect, it, vi } from 'vitest';
import { fakeEngine } from './fake-engine.ts';
import { emitted, HEALTH, predictEnvironment, recordEmitted } from './predict-environment.ts';

recordEmitted();

describe('the metrics of a cold start', () => {
  it('are the time of the init phase and the phases of each load, once', async () => {
    const { invoke } = await predictEnvironment(['sentiment', 'slots']);
    await invoke(HEALTH);
    const phases = { OpenTime: '1', VerifyTime: '2', TokenizerTime: '3', SessionTime: '4', LoadTime: 6 };
    expect(emitted.slice(0, 3)).toMatchObject([
      { service: 'pilotlight', function_name: 'pilotlight-predict', ColdStart: 1, InitTime: 321 },
      { service: 'pilotlight', model: 'sentiment', ...phases },
      { service: 'pilotlight', model: 'slots', ...phases },
    ]);
    const before = emitted.length;
    await invoke(HEALTH);
    expect(emitted.slice(before).filter((line) => 'InitTime' in line || 'LoadTime' in line)).toEqual([]);
  });

  it('have dimensions that CloudWatch finds in the line', async () => {
    const { invoke } = await predictEnvironment();
    await invoke(HEALTH);
    expect(emitted[0]?._aws).toMatchObject({
      CloudWatchMetrics: [
        {
          Namespace: 'Pilotlight',
          Dimensions: [['service', 'function_name']],
          Metrics: [
            { Name: 'InitTime', Unit: 'Milliseconds' },
            { Name: 'ColdStart', Unit: 'Count' },
          ],
        },
      ],
    });
  });

  it('have the phases of a load as metrics where those of stages are asked for', async () => {
    const { invoke } = await predictEnvironment(['sentiment'], fakeEngine(), { stages: 'metrics' });
    await invoke(HEALTH);
    const phases = ['OpenTime', 'VerifyTime', 'TokenizerTime', 'SessionTime', 'LoadTime'];
    expect(emitted[1]?._aws).toMatchObject({
      CloudWatchMetrics: [{ Metrics: phases.map((Name) => ({ Name, Unit: 'Milliseconds' })) }],
    });
  });

  it('count no cold start for a warm-up, nor for the request after it', async () => {
    const { invoke, warmUp } = await predictEnvironment();
    await warmUp();
    await invoke(HEALTH);
    expect(emitted.filter((line) => 'ColdStart' in line)).toEqual([]);
    expect(emitted.filter((line) => 'InitTime' in line)).toHaveLength(1);
  });

  it('count none where Lambda prepared the environment beforehand', async () => {
    vi.stubEnv('AWS_LAMBDA_INITIALIZATION_TYPE', 'provisioned-concurrency');
    const { invoke } = await predictEnvironment();
    await invoke(HEALTH);
    expect(emitted.filter((line) => 'ColdStart' in line)).toEqual([]);
    expect(emitted.filter((line) => 'InitTime' in line)).toHaveLength(1);
  });
});
