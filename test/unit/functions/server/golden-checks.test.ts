import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GoldenChecks } from '../../../../functions/server/metrics/golden-checks.ts';
import { manifestOf } from '../../engine/fakes.ts';

const HOUR = 3_600_000;
const LABELS = '{model="sentiment",version="1.0.1",variant="int8"}';
const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
});
afterEach(() => vi.useRealTimers());

function start(drift: number | Error, isIdle = () => true) {
  const checkGolden = vi.fn(async () => {
    if (typeof drift !== 'number') throw drift;
    return { line: 2, drift };
  });
  const manifest = manifestOf({ name: 'sentiment', version: '1.0.1' });
  const loaded = [{ manifest, variantName: 'int8', checkGolden }];
  const checks = new GoldenChecks({ loaded: () => loaded, isIdle, logger });
  checks.start();
  return { checks, checkGolden, loaded };
}

describe('the golden check of a server', () => {
  it('runs a golden of each model once an hour, and shows its drift by version', async () => {
    const { checks, checkGolden } = start(0.25);
    expect(checks.render()).toBe('');
    await vi.advanceTimersByTimeAsync(HOUR - 1);
    expect(checkGolden).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(checks.render()).toContain(`pilotlight_golden_drift${LABELS} 0.25\n`);
    expect(checks.render()).toContain(`pilotlight_golden_failures_total${LABELS} 0\n`);
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(checkGolden).toHaveBeenCalledTimes(2);
    expect(logger.error).not.toHaveBeenCalled();
  });

  it.each([
    ['deviates', 3.5, [`pilotlight_golden_drift${LABELS} 3.5`]],
    ['cannot be run', new Error('gone'), []],
  ])('counts and logs a golden that %s', async (_, drift, shown) => {
    const { checks } = start(drift);
    await checks.check();
    const lines = checks.render().split('\n');
    expect(lines.filter((line) => line.startsWith('pilotlight_golden_drift{'))).toEqual(shown);
    expect(lines).toContain(`pilotlight_golden_failures_total${LABELS} 1`);
    expect(logger.error).toHaveBeenCalledTimes(1);
  });

  it('waits while requests are under way, for ten minutes at most', async () => {
    let idle = false;
    const { checkGolden } = start(0, () => idle);
    await vi.advanceTimersByTimeAsync(HOUR + 60_000);
    expect(checkGolden).not.toHaveBeenCalled();
    idle = true;
    await vi.advanceTimersByTimeAsync(5000);
    expect(checkGolden).toHaveBeenCalledTimes(1);
    idle = false;
    await vi.advanceTimersByTimeAsync(HOUR + 600_000);
    expect(checkGolden).toHaveBeenCalledTimes(2);
  });

  it('forgets a model that is not loaded any more', async () => {
    const { checks, loaded } = start(0);
    await checks.check();
    loaded.length = 0;
    await checks.check();
    expect(checks.render()).not.toContain('pilotlight_golden_drift{');
  });
});
