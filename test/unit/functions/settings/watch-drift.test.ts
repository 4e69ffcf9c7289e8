import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, expect, it, vi } from 'vitest';
import { readConfig } from '../../../../functions/app/src/settings/config.ts';
import { readingOptions, watchDrift } from '../../../../functions/app/src/settings/watch-drift.ts';
import { REFERENCE, traffic } from '../drift/readings.ts';
import { silent } from '../fake-engine.ts';
import { record } from '../telemetry-records.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it('drift is watched unless it is switched off, and texts are read for it only then', () => {
  const [on, off] = [readConfig({}), readConfig({ PILOTLIGHT_DRIFT: 'off' })];
  expect([readingOptions(on), readingOptions(off)]).toEqual([{ readings: true }, { readings: false }]);
  expect(watchDrift(on, undefined, silent)).toBeDefined();
  expect(watchDrift(off, undefined, silent)).toBeUndefined();
});

it.each([true, false])('a window of drift is a line of log where metrics are given: %s', async (isGiven) => {
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  const lines = vi.spyOn(console, 'log').mockImplementation(() => {});
  const metrics = new Metrics({ namespace: 'Pilotlight', serviceName: 'pilotlight' });
  const watch = watchDrift(readConfig({}), isGiven ? metrics : undefined, silent);
  const readings = Array.from({ length: 50 }, traffic(1));
  const passed = () => {
    watch?.predicted(record({ model: 'sentiment', readings, reference: async () => REFERENCE }));
    return watch?.render();
  };
  await expect.poll(passed, { interval: 5 }).toMatch(/drift.*sentiment/);
  expect(lines.mock.calls.flat().join('\n').includes('TrafficDrift')).toBe(isGiven);
});
