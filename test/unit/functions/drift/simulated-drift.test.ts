import { describe, expect, it } from 'vitest';
import type { Reading } from '../../../../model-assets/format/src/package/drift/index.ts';
import { Random } from '../../../fixtures/random.ts';
import { startWindow, traffic } from './readings.ts';

describe('traffic that has not drifted', () => {
  it.each([1, 2, 3])('raises no alarm in 20,000 requests, seed %i', (seed) => {
    const next = traffic(seed);
    const add = startWindow();
    const ratios: number[] = [];
    for (let request = 0; request < 20_000; request++)
      for (const { ratio = Number.NaN } of add(next())) ratios.push(ratio);
    expect(ratios).toHaveLength(80);
    expect(Math.max(...ratios)).toBeLessThan(1);
  });
});

describe('traffic that drifts', () => {
  const random = new Random(9);
  const twice = (reading: Reading): Reading => ({ ...reading, tokens: 2 * reading.tokens });
  const mixed = (reading: Reading): Reading =>
    random.uniform() < 0.2 ? { ...reading, script: 'cyrillic' } : reading;

  it.each([
    ['lengths doubled', 'tokens', (next: () => Reading) => twice(next())],
    ['a second language in every fifth text', 'script', (next: () => Reading) => mixed(next())],
    [
      'a label suppressed',
      'label',
      (next: () => Reading) => {
        for (;;) {
          const reading = next();
          if (reading.labels?.[0] !== 'negative') return reading;
        }
      },
    ],
    [
      'unknown tokens in a quarter of the texts',
      'unknown',
      (next: () => Reading) => (random.uniform() < 0.25 ? { ...next(), unknown: 0.2 } : next()),
    ],
    [
      'a model that is never sure any more',
      'confidence',
      (next: () => Reading) => {
        const { confidence = 0, entropy = 0, ...rest } = next();
        return { ...rest, confidence: 0.5 + (confidence - 0.5) / 3, entropy: (2 + entropy) / 3 };
      },
    ],
  ] as const)('raises its alarm within 500 requests: %s', (_, feature, drift) => {
    // Wherever in a window it begins.
    for (const before of [0, 60, 125, 249]) {
      const next = traffic(before);
      const add = startWindow();
      for (let request = 0; request < before; request++) add(next());
      const reports = Array.from({ length: 500 }, () => add(drift(next))).flat();
      const { shifts, ratio = 0 } = reports.at(-1) ?? { shifts: new Map() };
      const { psi = 0, limit = 1 } = shifts.get(feature) ?? {};
      expect(psi / limit, `after ${before}`).toBeGreaterThan(1);
      expect(ratio).toBeGreaterThanOrEqual(psi / limit);
    }
  });

  it('names the feature that has drifted, and no other', () => {
    const next = traffic(4);
    const add = startWindow();
    const [report] = Array.from({ length: 250 }, () => add(twice(next()))).flat();
    const drifted = [...(report?.shifts ?? [])].filter(([, { psi, limit }]) => psi > limit);
    expect(drifted.map(([feature]) => feature)).toEqual(['tokens']);
  });
});
