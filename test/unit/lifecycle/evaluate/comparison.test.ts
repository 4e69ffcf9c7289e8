import { compareRows, measureBoth, refuseOther } from '@pilotlight/lifecycle/internal/evaluate/compare-rows';
import { figuresOf, refuseUnknownFigures } from '@pilotlight/lifecycle/internal/evaluate/figures';
import { parseGates } from '@pilotlight/lifecycle/internal/evaluate/gates';
import { bootstrapIntervals } from '@pilotlight/lifecycle/internal/evaluate/metrics/bootstrap';
import { worstMistakes } from '@pilotlight/lifecycle/internal/evaluate/mistakes';
import { sliceByColumn, sliceByLength } from '@pilotlight/lifecycle/internal/evaluate/slices';
import { describe, expect, it } from 'vitest';
import { datasetOf, judgedRows, type RowOfTest } from './judged.ts';

const before = judgedRows(['a', 'a', 'b', 'b'].map((answer) => ({ gold: 'a', answer })));
const after = judgedRows(
  ['a', 'b', 'a', 'c'].map((answer) => ({ gold: 'a', answer })),
  '1.1.0',
);
const rows = [0, 1, 2, 3];
const measure = (drawn: ArrayLike<number>) => measureBoth(before, after, drawn);
const comparison = compareRows(before, after, measure(rows), bootstrapIntervals(4, measure, { draws: 200 }));

describe('a comparison', () => {
  it('counts answers that differ, and tells those apart that were right', () => {
    expect(comparison).toMatchObject({ flips: 3, regressions: 1, fixes: 1, pValue: 1 });
  });

  it('shows what became wrong first, and what became right last', () => {
    expect(comparison.shown.map(({ line, before: old, after: now }) => [line, old, now])).toEqual([
      [2, 'a', 'b'],
      [4, 'b', 'c'],
      [3, 'b', 'a'],
    ]);
  });

  it('has changes that are paired: their interval is of the same draws', () => {
    expect(comparison.changes.accuracy?.value).toBe(0);
    expect(comparison.metrics.accuracy?.value).toBe(0.5);
    const same = (drawn: ArrayLike<number>) => measureBoth(before, before, drawn);
    const { changes } = compareRows(before, before, same(rows), bootstrapIntervals(4, same));
    expect(changes.accuracy).toEqual({ value: 0, interval: [0, 0] });
  });

  it('leaves out what is no number', () => {
    expect(Object.keys(comparison.metrics)).toEqual(['accuracy']);
  });

  it('of models of other tasks is refused by name', () => {
    expect(() => refuseOther(before, { ...after, task: 'fill-mask' })).toThrow(
      expect.objectContaining({
        code: 'NOT_COMPARABLE',
        message: expect.stringMatching(/made@1\.1\.0 is for fill-mask, and made@1\.0\.0 is for text-class/),
      }),
    );
  });
});

describe('slices', () => {
  const many = (count: number, row: (index: number) => RowOfTest) =>
    Array.from({ length: count }, (_, i) => row(i));

  it('by length have about as many rows each, and ranges that do not overlap', () => {
    const judged = judgedRows(many(100, (index) => ({ gold: 'a', answer: 'a', size: index + 1 })));
    expect(sliceByLength(judged).map(({ by, value, rows: count }) => [by, value, count])).toEqual([
      ['tokens', '1-25', 25],
      ['tokens', '26-50', 25],
      ['tokens', '51-75', 25],
      ['tokens', '76-100', 25],
    ]);
  });

  it('by length are fewer where many lengths are equal', () => {
    const judged = judgedRows(many(8, (index) => ({ gold: 'a', answer: 'a', size: index === 7 ? 9 : 3 })));
    expect(sliceByLength(judged).map(({ value, rows: count }) => [value, count])).toEqual([
      ['3', 7],
      ['9', 1],
    ]);
  });

  it('by column have its values, and one of the rows that have none', () => {
    const made = [
      { gold: 'a', answer: 'a', fields: { language: 'de' } },
      { gold: 'a', answer: 'b', fields: { language: 'en' } },
      { gold: 'a', answer: 'b', fields: {} },
      { gold: 'a', answer: 'b', fields: { language: 'de' } },
    ];
    expect(sliceByColumn(judgedRows(made), datasetOf(made), 'language')).toEqual([
      { by: 'language', value: 'de', rows: 2, metrics: { accuracy: 0.5 } },
      { by: 'language', value: 'en', rows: 1, metrics: { accuracy: 0 } },
      { by: 'language', value: '(none)', rows: 1, metrics: { accuracy: 0 } },
    ]);
  });

  it('by column put many numbers into ranges, and refuse many texts', () => {
    const numbers = many(60, (index) => ({ gold: 'a', answer: 'a', fields: { age: String(index) } }));
    const values = sliceByColumn(judgedRows(numbers), datasetOf(numbers), 'age').map(({ value }) => value);
    expect(values).toEqual(['0-14', '15-29', '30-44', '45-59']);
    const texts = many(60, (index) => ({ gold: 'a', answer: 'a', fields: { id: `x${index}` } }));
    expect(() => sliceByColumn(judgedRows(texts), datasetOf(texts), 'id')).toThrow(/has 60 values/);
  });

  it('by a column that there is not are refused with the nearest', () => {
    const made = [{ gold: 'a', answer: 'a', fields: { language: 'de' } }];
    expect(() => sliceByColumn(judgedRows(made), datasetOf(made), 'langage')).toThrow(/mean 'language'\?/);
  });
});

describe('mistakes', () => {
  it('begin with the surest, and are as many as asked for', () => {
    const judged = judgedRows(
      [0.5, 0.9, 0.7, 0.99].map((confidence, row) => ({
        gold: 'a',
        answer: row === 3 ? 'a' : 'b',
        confidence,
      })),
    );
    expect(worstMistakes(judged, 2).map(({ line, confidence }) => [line, confidence])).toEqual([
      [2, 0.9],
      [3, 0.7],
    ]);
  });
});

describe('figures of gates', () => {
  const dataset = { name: 'made', sha256: 'c'.repeat(64), rows: 4 };
  const labels = [{ label: 'a', precision: 0.1, recall: 0.2, f1: 0.3, support: 4 }];
  const slices = [{ by: 'language', value: 'de', rows: 4, metrics: { accuracy: 0.25 } }];
  const figures = figuresOf({ dataset, metrics: { accuracy: { value: 0.5 } }, labels, slices, comparison }, [
    'accuracy',
    'never',
  ]);

  it('are metrics, labels, slices and what a comparison counts', () => {
    expect(Object.fromEntries(figures)).toEqual({
      accuracy: 0.5,
      never: Number.NaN,
      'precision[a]': 0.1,
      'recall[a]': 0.2,
      'f1[a]': 0.3,
      'accuracy[language=de]': 0.25,
      'never[language=de]': Number.NaN,
      flips: 3,
      'flip-rate': 0.75,
      regressions: 1,
      fixes: 1,
      'p-value': 1,
      'change:accuracy': 0,
      'change:never': Number.NaN,
    });
  });

  it('that there cannot be are refused before a row is asked', () => {
    const refuse =
      (gate: string, isComparison = false) =>
      () =>
        refuseUnknownFigures(parseGates(gate), ['accuracy'], isComparison);
    for (const gate of ['accuracy>=1', 'accuracy[language=de]>=1', 'f1[a]>=1'])
      expect(refuse(gate)).not.toThrow();
    expect(refuse('flips<=1,change:accuracy>=0', true)).not.toThrow();
    expect(refuse('f1>=1')).toThrow(/There is no figure 'f1'/);
    expect(refuse('acuracy>=1')).toThrow(/did you mean accuracy\?/);
    expect(refuse('flips<=1')).toThrow(/Name the other one with --compare/);
  });
});
