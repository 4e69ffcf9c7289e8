import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DriftTelemetry } from '../../../../functions/app/src/telemetry/drift/drift-telemetry.ts';
import type { DriftReport } from '../../../../functions/app/src/telemetry/drift/drift-window.ts';
import { LazyDrift } from '../../../../functions/app/src/telemetry/drift/lazy-drift.ts';
import { publishDrift } from '../../../../functions/app/src/telemetry/drift/publish-drift.ts';
import type { Reading } from '../../../../model-assets/format/src/package/drift/index.ts';
import { record } from '../telemetry-records.ts';
import { REFERENCE, traffic } from './readings.ts';

const START = 1_893_456_000_000;
const silent = () => ({ info: vi.fn(), warn: vi.fn(), error: vi.fn() });

function watch() {
  const reports: DriftReport[] = [];
  let time = START;
  const logger = silent();
  const drift = new DriftTelemetry({ logger, now: () => time, publish: (report) => reports.push(report) });
  const tell = (readings: readonly Reading[], changes: Parameters<typeof record>[0] = {}) =>
    drift.predicted(
      record({
        model: 'sentiment',
        version: '1.0.1',
        readings,
        reference: async () => REFERENCE,
        ...changes,
      }),
    );
  return {
    ...{ drift, reports, logger, tell },
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}
const texts = (count: number, seed = 1): Reading[] => Array.from({ length: count }, traffic(seed));

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('the watch of drift', () => {
  it('reports every 250 texts of a version by themselves, however many come with a request', async () => {
    const { tell, reports } = watch();
    tell(texts(1));
    await Promise.resolve();
    tell(texts(600));
    tell(texts(10), { version: '2.0.0' });
    expect(reports.map(({ version, texts: count }) => [version, count])).toEqual([
      ['1.0.1', 250],
      ['1.0.1', 250],
    ]);
    expect(reports[0]?.ratio).toBeLessThan(1);
  });

  it('looks at thin traffic after a quarter of an hour, if there are a hundred texts', async () => {
    const { tell, reports, pass } = watch();
    tell(texts(98));
    await Promise.resolve();
    pass(15 * 60_000);
    tell(texts(1));
    expect(reports).toEqual([]);
    tell(texts(1));
    expect(reports.map(({ texts: count }) => count)).toEqual([100]);
  });

  it('tells means without a reference, and warns once where it cannot be used', async () => {
    const { tell, reports, logger } = watch();
    const reference = vi.fn(async () => {
      throw new Error('broken');
    });
    for (let request = 0; request < 25; request++) {
      tell(texts(10, request), { reference });
      await Promise.resolve();
    }
    expect(reference).toHaveBeenCalledTimes(1);
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(reports).toMatchObject([{ ratio: undefined, texts: 250 }]);
    expect(reports[0]?.means.confidence).toBeGreaterThan(0.5);
  });

  it('keeps windows of 64 versions, and counts anew the one that was asked least recently', () => {
    const { tell, reports } = watch();
    for (let version = 0; version < 65; version++) tell(texts(200), { version: `${version}.0.0` });
    tell(texts(60), { version: '0.0.0' });
    expect(reports).toEqual([]);
    tell(texts(60), { version: '64.0.0' });
    expect(reports).toHaveLength(1);
  });
});

describe('metrics of drift', () => {
  it('show the last window by model, version and feature, and nothing before it or an hour after', async () => {
    const { tell, drift, pass } = watch();
    tell(texts(1));
    await Promise.resolve();
    tell(texts(100));
    expect(drift.render()).toEqual([]);
    tell(texts(149).map((text) => ({ ...text, script: 'arabic' as const })));
    const lines = drift.render();
    const labels = 'model="sentiment",version="1.0.1"';
    const valueIn = (series: string): number =>
      Number(lines.find((line) => line.startsWith(`${series} `))?.split(' ')[1]);
    expect(valueIn(`pilotlight_drift_psi{${labels},feature="script"}`)).toBeGreaterThan(1);
    expect(valueIn(`pilotlight_drift_ratio{${labels},feature="script"}`)).toBeGreaterThan(1);
    expect(valueIn(`pilotlight_drift_ratio{${labels},feature="label"}`)).toBeLessThan(1);
    expect(valueIn(`pilotlight_drift_windows_total{${labels},drifted="true"}`)).toBe(1);
    expect(valueIn(`pilotlight_drift_window_texts{${labels}}`)).toBe(250);
    expect(valueIn(`pilotlight_confidence_mean{${labels}}`)).toBeGreaterThan(0.5);
    expect(valueIn(`pilotlight_unknown_tokens_share{${labels}}`)).toBeLessThan(0.1);
    pass(3_600_001);
    expect(drift.render().some((line) => line.startsWith('pilotlight_drift_psi{'))).toBe(false);
  });

  it('are one line of log with one metric for a window, its features as fields', () => {
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
    const lines: unknown[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(JSON.parse(line)));
    const metrics = new Metrics({ namespace: 'Pilotlight', serviceName: 'pilotlight' });
    const means = { tokens: 19.123_456, unknown: 0, confidence: 0.9, entropy: undefined };
    const report = { model: 'sentiment', version: '1.0.1', texts: 250, ratio: 1.5, means };
    publishDrift(metrics, { ...report, shifts: new Map([['tokens', { psi: 0.375, limit: 0.25 }]]) });
    publishDrift(metrics, { ...report, ratio: undefined, shifts: new Map() });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      _aws: {
        CloudWatchMetrics: [
          { Dimensions: [['service', 'model']], Metrics: [{ Name: 'TrafficDrift', Unit: 'None' }] },
        ],
      },
      ...{ TrafficDrift: 1.5, model: 'sentiment', modelVersion: '1.0.1', texts: '250', psi_tokens: '0.375' },
      ...{ limit_tokens: '0.25', mean_tokens: '19.1235' },
    });
  });
});

describe('the watch before it is loaded', () => {
  it('counts what comes while its modules are loaded, and loads nothing for predictions without readings', async () => {
    const publish = vi.fn();
    const drift = new LazyDrift({ logger: silent(), publish });
    drift.predicted(record());
    for (let request = 0; request < 25; request++) drift.predicted(record({ readings: texts(10) }));
    expect(drift.render()).toBe('');
    await vi.waitFor(() => expect(publish).toHaveBeenCalledTimes(1));
    expect(drift.render()).toContain('pilotlight_drift_window_texts{model="encoder",version="1.0.0"} 250\n');
  });
});
