import { describe, expect, it } from 'vitest';
import { cosine, median, pairedDifference, pairedRatio, quantile, spread } from '../../bench/statistics.ts';

describe('quantile', () => {
  it('takes the middle of an odd number of samples, whatever their order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('interpolates between the two in the middle of an even number', () => {
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it('reaches from the smallest to the largest sample', () => {
    expect([quantile([3, 1, 2], 0), quantile([3, 1, 2], 1)]).toEqual([1, 3]);
  });

  it('interpolates linearly, as numpy does by default', () => {
    expect(quantile([10, 20, 30, 40], 0.9)).toBeCloseTo(37, 12);
  });

  it('refuses no samples', () => {
    expect(() => median([])).toThrow(/needs samples/);
  });

  it('leaves the samples as they are', () => {
    const samples = [3, 1, 2];
    median(samples);
    expect(samples).toEqual([3, 1, 2]);
  });
});

describe('spread', () => {
  it('is the extremes of fewer than ten samples', () => {
    expect(spread([5, 1, 3])).toEqual({ median: 3, low: 1, high: 5, band: 'min-max', samples: 3 });
  });

  it('is the 10th and 90th percentile of ten or more', () => {
    const eleven = Array.from({ length: 11 }, (_, index) => index);
    expect(spread(eleven)).toEqual({ median: 5, low: 1, high: 9, band: 'p10-p90', samples: 11 });
  });
});

describe('paired figures', () => {
  it('form ratios within pairs, so that a slow moment of the machine cancels out', () => {
    const own = [10, 100, 10];
    const other = [20, 200, 20];
    expect(pairedRatio(own, other)).toMatchObject({ median: 0.5, low: 0.5, high: 0.5 });
  });

  it('form differences within pairs', () => {
    expect(pairedDifference([3, 5], [2, 1])).toMatchObject({ median: 2.5, low: 1, high: 4 });
  });

  it('refuse lists of different lengths', () => {
    expect(() => pairedRatio([1], [1, 2])).toThrow(/do not pair/);
  });
});

describe('cosine', () => {
  it('is that of the angle, whatever the lengths', () => {
    expect(cosine([1, 0], [5, 5])).toBeCloseTo(Math.SQRT1_2, 15);
    expect(cosine([3, 4], [-6, -8])).toBeCloseTo(-1, 15);
  });

  it('refuses vectors of different lengths', () => {
    expect(() => cosine([1], [1, 2])).toThrow(/do not pair/);
  });
});
