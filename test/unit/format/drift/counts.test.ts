import { describe, expect, it } from 'vitest';
import { Counts } from '../../../../model-assets/format/src/package/drift/index.ts';

describe('counts of readings', () => {
  it('have the mean of each number over the texts of which it was known', () => {
    const counts = new Counts();
    counts.add({ tokens: 4, unknown: 0.5, confidence: 0.9 });
    counts.add({ tokens: 8, confidence: 0.7 });
    expect([counts.texts, counts.seen('tokens'), counts.seen('unknown'), counts.seen('entropy')]).toEqual([
      2, 2, 1, 0,
    ]);
    expect([counts.mean('tokens'), counts.mean('unknown'), counts.mean('entropy')]).toEqual([
      6,
      0.5,
      undefined,
    ]);
    expect(counts.mean('confidence')).toBeCloseTo(0.8, 12);
  });

  it('have no bins of a feature that was never known, and do not count a text without labels among the labelled', () => {
    const counts = new Counts();
    counts.add({ tokens: 4, labels: [] });
    counts.add({ tokens: 4, labels: ['city', 'city', 'date'] });
    expect([counts.bins('script'), counts.bins('entropy')]).toEqual([undefined, undefined]);
    expect(counts.seen('label')).toBe(1);
    expect([...(counts.bins('label') ?? [])]).toEqual([
      ['city', 2 / 3],
      ['date', 1 / 3],
    ]);
    expect(counts.known()).toEqual(['tokens', 'label']);
  });

  it('put labels beyond the first ten thousand into one bin, and go on counting those', () => {
    const counts = new Counts();
    for (let label = 0; label < 10_002; label++) counts.add({ tokens: 1, labels: [`label ${label}`] });
    counts.add({ tokens: 1, labels: ['label 0'] });
    const bins = counts.bins('label');
    expect(bins?.size).toBe(10_001);
    expect([bins?.get('label 0'), bins?.get('label 9999'), bins?.get('other labels')]).toEqual([2, 1, 2]);
  });
});
