/** Limits are proposed where the curves bend, and each says why. */
import { profilePage, profilePlots, type Shape } from '@pilotlight/lifecycle';
import { proposeLimits } from '@pilotlight/lifecycle/internal/profile/limits';
import { describe, expect, it } from 'vitest';

const MB = 2 ** 20;
const shape = (tokens: number, batch: number, cpuMs: number, peak: number): Shape => ({
  ...{ tokens, batch, cpuMs, p50Ms: cpuMs, p90Ms: cpuMs, runs: 5 },
  ...{ startBytes: 100 * MB, loadedBytes: 140 * MB, peakBytes: peak * MB },
});
const shapes = [
  ...[shape(32, 1, 4, 150), shape(128, 1, 10, 160), shape(512, 1, 50, 200), shape(2048, 1, 600, 900)],
  ...[shape(128, 4, 32, 180), shape(128, 16, 160, 400)],
];
const propose = (list: readonly Shape[], threads = 1) =>
  Object.fromEntries(
    proposeLimits({ shapes: list, measures: 'runs of the graph', threads }, 1024).map((limit) => [
      limit.name,
      limit,
    ]),
  );

describe('the limits of a profile', () => {
  it('end texts before a token costs half as much again as at its cheapest', () => {
    expect(propose(shapes).maxTokens).toEqual({
      name: 'maxTokens',
      value: 512,
      reason:
        'a token costs 0.078 ms of a processor at 128 tokens and 0.29 ms of a processor at 2048 tokens, 3.8 times as much',
    });
    expect(propose(shapes.slice(0, 3)).maxTokens?.reason).toContain(
      'the longest that was measured: no bend yet',
    );
  });

  it('end batches where more tokens give no more a second', () => {
    expect(propose(shapes).tokenBudget).toMatchObject({
      value: 512,
      reason:
        '4 × 128 tokens give 16000 tokens a second of processors, 100 % of the fastest shape; the manifest has 1024',
    });
  });

  it('leave a quarter of the memory free that these shapes take', () => {
    const { value, reason } = propose(shapes, 2).memoryMegabytes ?? {};
    expect(value).toBe(256);
    expect(reason).toMatch(
      /^with 1 × 512 tokens the process held 200 MB \(100 MB before the model, 40 MB by loading it, 60 MB by the runs\)/,
    );
    expect(reason).toContain('on 2 cores, which 3,538 MB buy');
  });

  it('are of memory alone where there is one length', () => {
    expect(Object.keys(propose([shape(20, 1, 4, 150)]))).toEqual(['tokenBudget', 'memoryMegabytes']);
  });
});

describe('the page of a profile', () => {
  const machine = {
    ...{ platform: 'linux', architecture: 'x64', processor: 'a processor <b>', node: '24.0.0' },
    ...{ onnxruntime: '1.30.0', threads: 2 },
  };
  const profile = {
    ...{
      profile: 1 as const,
      manifest: '0'.repeat(64),
      model: 'm@1.0.0',
      variant: 'int8',
      machine,
      shapes: [...shapes],
    },
    ...{ measuredAt: '2026-01-01T00:00:00.000Z', measures: 'runs of the graph' as const },
    limits: [...proposeLimits({ shapes, measures: 'runs of the graph', threads: 2 })],
    time: {
      ...{ tokens: 128, batch: 1, calls: 10 },
      stages: [{ name: 'infer', ms: 2, share: 0.8 }],
      operators: [{ name: 'MatMul', ms: 1, share: 0.5 }],
    },
  };

  it('has plots of times, memory and tokens a second, and needs nothing beside it', () => {
    const plots = profilePlots(profile);
    expect([...plots.keys()]).toEqual(['latency.svg', 'cpu.svg', 'memory.svg', 'throughput.svg']);
    for (const svg of plots.values()) expect(svg).toMatch(/^<svg[\s\S]*4 texts at once[\s\S]*<\/svg>\s*$/);
    const html = profilePage(profile);
    expect(html.match(/<svg/g)).toHaveLength(4);
    expect(html).not.toMatch(/<script|src=|href=|a processor <b>/);
    expect(html).toContain('3.8 times as much');
  });
});
