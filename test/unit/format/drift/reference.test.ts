import { describe, expect, it } from 'vitest';
import {
  Counts,
  parseReference,
  type Reading,
  referenceText,
  TOKEN_BOUNDS,
} from '../../../../model-assets/format/src/package/drift/index.ts';

const SHA = 'a'.repeat(64);
const countsOf = (readings: readonly Reading[]): Counts => {
  const counts = new Counts();
  for (const reading of readings) counts.add(reading);
  return counts;
};
const repeat = (reading: Reading, times = 200): Reading[] => Array.from({ length: times }, () => reading);
const recorded = (counts: Counts) => ({ counts, manifestSha256: SHA, variant: 'int8', source: 'made/up' });
const read = (readings: readonly Reading[]) =>
  parseReference(referenceText(recorded(countsOf(readings))), SHA);

describe('a reference of traffic', () => {
  it('has each text in its bin of tokens, two for each doubling, and what is above the last bound in one more', () => {
    const lengths = [1, 3, 4, 7, 8, 9, 96, 97, 8192, 8193, 100_000];
    const { features, texts } = read(lengths.flatMap((tokens) => repeat({ tokens }, 20)));
    expect(texts).toBe(220);
    const bins = [...(features.get('tokens') ?? [])].filter(([, count]) => count > 0);
    const bound = (value: (typeof TOKEN_BOUNDS)[number]): string => String(TOKEN_BOUNDS.indexOf(value));
    expect(bins).toEqual([
      [bound(3), 40],
      [bound(4), 20],
      [bound(8), 40],
      [bound(12), 20],
      [bound(96), 20],
      [bound(128), 20],
      [bound(8192), 20],
      [String(TOKEN_BOUNDS.length), 40],
    ]);
  });

  it('counts scores in tenths, texts without unknown tokens apart, and the spans of a text as one text together', () => {
    const one: Reading = {
      tokens: 5,
      unknown: 0,
      script: 'han',
      confidence: 1,
      entropy: 0,
      labels: ['city', 'date'],
    };
    const other: Reading = { tokens: 5, unknown: 0.01, script: 'latin', confidence: 0.29, labels: ['O'] };
    const { features } = read([...repeat(one, 150), ...repeat(other, 50)]);
    const of = (feature: Parameters<typeof features.get>[0]) =>
      Object.fromEntries([...(features.get(feature) ?? [])].filter(([, count]) => count > 0));
    expect(of('confidence')).toEqual({ 2: 50, 9: 150 });
    expect(of('entropy')).toEqual({ 0: 150 });
    expect(of('unknown')).toEqual({ 0: 150, 1: 50 });
    expect(of('script')).toEqual({ han: 150, latin: 50 });
    expect(of('label')).toEqual({ city: 75, date: 75, O: 50 });
  });

  it('has nothing of a feature that was never known', () => {
    expect([...read(repeat({ tokens: 5 })).features.keys()]).toEqual(['tokens']);
  });

  it('has labels and scripts by their names, and none that no text has, so that equal counts make equal files', () => {
    const file = (readings: readonly Reading[]) => referenceText(recorded(countsOf(readings)));
    const [first, second] = [
      repeat({ tokens: 5, labels: ['yes'], script: 'thai' }, 100),
      repeat({ tokens: 5, labels: ['no'], script: 'han' }, 100),
    ];
    expect(file([...first, ...second])).toBe(file([...second, ...first]));
    const { label, script } = JSON.parse(file([...first, ...second])).features;
    expect(Object.entries(label)).toEqual([
      ['no', 100],
      ['yes', 100],
    ]);
    expect(Object.entries(script)).toEqual([
      ['han', 100],
      ['thai', 100],
    ]);
  });

  it('is refused with a label __proto__, whose texts the file would lose', () => {
    const counts = countsOf(repeat({ tokens: 5, labels: ['yes', '__proto__'] }));
    expect(() => referenceText(recorded(counts))).toThrow(
      expect.objectContaining({
        code: 'REFERENCE_INVALID',
        message: expect.stringContaining('a label is called __proto__'),
      }),
    );
  });

  it('is refused with fewer than 200 texts', () => {
    expect(() => referenceText(recorded(countsOf(repeat({ tokens: 5 }, 199))))).toThrow(
      /needs 200 texts or more, and there are 199/,
    );
  });

  it.each([
    ['for another model.json', (text: string) => text.replace(SHA, 'b'.repeat(64)), /another model\.json/],
    [
      'with a bin too many',
      (text: string) => text.replace('"tokens": [', '"tokens": [7,'),
      /features\.tokens/,
    ],
    [
      'with a count below 0',
      (text: string) => text.replace('"thai": 200', '"thai": -200'),
      /features\.script\.thai: must be at least 0/,
    ],
    [
      'of too few texts',
      (text: string) => text.replace('"texts": 200', '"texts": 199'),
      /texts: must be at least 200/,
    ],
    [
      'of a later version',
      (text: string) => text.replace('"formatVersion": 1', '"formatVersion": 2'),
      /formatVersion/,
    ],
    ['with a field that is not known', (text: string) => text.replace('{', '{"mean": 1,'), /mean/],
    [
      'with a text for a count',
      (text: string) => text.replace('"thai": 200', '"thai": "200"'),
      /features\.script\.thai/,
    ],
    ['that is cut', (text: string) => text.slice(0, -10), /not JSON/],
  ])('is refused %s', (_, change, message) => {
    const text = referenceText(recorded(countsOf(repeat({ tokens: 5, script: 'thai' }))));
    expect(change(text)).not.toBe(text);
    expect(() => parseReference(change(text), SHA)).toThrow(message);
    expect(() => parseReference(change(text), SHA)).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }),
    );
  });
});
