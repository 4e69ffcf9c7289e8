import { describe, expect, it } from 'vitest';
import { compareBins } from '../../../../model-assets/format/src/package/drift/index.ts';

const bins = (counts: Readonly<Record<string, number>>) => new Map(Object.entries(counts));

/** The quantile of chi-squared of 1 - 1e-6, by the incomplete gamma function, of some degrees of freedom. */
const QUANTILES = { 1: 23.928, 5: 35.888, 9: 44.811 } as const;

describe('the population stability index', () => {
  it('is 0 for the very shares of the reference, however many texts there are', () => {
    const reference = bins({ a: 9000, b: 1000 });
    for (const texts of [100, 1000]) {
      const window = bins({ a: texts * 0.9, b: texts * 0.1 });
      expect(compareBins(reference, window).psi).toBeCloseTo(0, 6);
    }
  });

  it('nears the sum of (q - p) ln(q / p) as texts get many', () => {
    const many = 1e7;
    const { psi } = compareBins(
      bins({ a: 0.5 * many, b: 0.5 * many }),
      bins({ a: 0.8 * many, b: 0.2 * many }),
    );
    // 0.3 ln 1.6 - 0.3 ln 0.4
    expect(psi).toBeCloseTo(0.41589, 4);
  });

  it('is finite where all texts are in a bin that the reference does not know', () => {
    const { psi, limit } = compareBins(bins({ latin: 3000 }), bins({ cyrillic: 250 }));
    expect(psi).toBeGreaterThan(10 * limit);
    expect(Number.isFinite(psi)).toBe(true);
  });

  it('has a limit of a quarter for many texts, and the one of chance for few', () => {
    const reference = bins({ a: 5000, b: 5000 });
    expect(compareBins(reference, bins({ a: 5000, b: 5000 })).limit).toBe(0.25);
    const { limit } = compareBins(reference, bins({ a: 25, b: 25 }));
    const exact = QUANTILES[1] * (1 / 50 + 1 / 10_000);
    expect(limit).toBeGreaterThan(exact);
    expect(limit).toBeLessThan(1.16 * exact);
  });

  it.each([
    [6, QUANTILES[5]],
    [10, QUANTILES[9]],
  ])('has the limit of %i bins where each of them is expected to have texts', (number, quantile) => {
    const even = (texts: number) =>
      new Map(Array.from({ length: number }, (_, bin) => [`${bin}`, texts] as const));
    const exact = quantile * (1 / (10 * number) + 1 / (500 * number));
    const { limit } = compareBins(even(500), even(10));
    expect(limit).toBeGreaterThan(exact);
    expect(limit).toBeLessThan(1.05 * exact);
  });

  it('pools labels that are too rare to be seen in a window, and sees one of them that comes often', () => {
    const labels = Array.from({ length: 150 }, (_, label) => [`label ${label}`, 20] as const);
    const reference = new Map(labels);
    const usual = new Map(labels.map(([label]) => [label, 250 / 150] as const));
    const { limit } = compareBins(reference, usual);
    expect(limit).toBeLessThan(0.45);
    const often = new Map(usual).set('label 77', 60);
    expect(compareBins(reference, often).psi).toBeGreaterThan(limit);
  });
});
