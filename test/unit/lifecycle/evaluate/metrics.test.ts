/** Each metric beside its reference implementation: test/fixtures/evaluation/make_metrics.py names them. */
import { readFileSync } from 'node:fs';
import { quantileOfSorted as quantile } from '@pilotlight/lifecycle/internal/compare/run/quantile';
import { bootstrapIntervals } from '@pilotlight/lifecycle/internal/evaluate/metrics/bootstrap';
import {
  confidenceBins,
  expectedCalibrationError,
} from '@pilotlight/lifecycle/internal/evaluate/metrics/calibration';
import {
  accuracy,
  confusion,
  countLabels,
  labelFigures,
  macroF1,
  microFigures,
} from '@pilotlight/lifecycle/internal/evaluate/metrics/classification';
import { pearson, spearman } from '@pilotlight/lifecycle/internal/evaluate/metrics/correlation';
import { mcnemar } from '@pilotlight/lifecycle/internal/evaluate/metrics/mcnemar';
import { ndcgAt, reciprocalRankAt } from '@pilotlight/lifecycle/internal/evaluate/metrics/ranking';
import { rouge } from '@pilotlight/lifecycle/internal/evaluate/metrics/rouge';
import { countSpans, sumSpans } from '@pilotlight/lifecycle/internal/evaluate/metrics/spans';
import { answerExactMatch, answerF1 } from '@pilotlight/lifecycle/internal/evaluate/metrics/squad';
import { bestGrams } from '@pilotlight/lifecycle/internal/evaluate/metrics/text-overlap';
import { chrFOfCounts } from '@pilotlight/toolchain/internal/generation/package/chrf';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

function readLines(file: string): [name: string, values: unknown][] {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const text = z.string();
const number = z.number();
const figures = z.object({ precision: number, recall: number });
const spanCase = figures.extend({ gold: z.array(text), given: z.array(text), f1: number });
const interval = z.tuple([number, number]);
const reference = z
  .object({
    labels: z.object({
      gold: z.array(text),
      given: z.array(text),
      accuracy: number,
      macroF1: number,
      labels: z.array(z.looseObject({ label: text })),
      confusion: z.array(z.array(number)),
    }),
    calibration: z.object({
      confidence: z.array(number),
      right: z.array(z.boolean()),
      counts: z.array(number),
      ece: number,
    }),
    spans: z.object({
      bio: spanCase.extend({
        labels: z.record(text, figures.extend({ 'f1-score': number, support: number })),
      }),
      bioes: spanCase,
    }),
    answers: z.array(z.object({ answer: text, gold: z.array(text), exact: number, f1: number })),
    texts: z.object({
      rouge: z.array(
        z.object({ text, references: z.array(text), rouge1: number, rouge2: number, rougeL: number }),
      ),
      chrf: z.object({
        texts: z.array(text),
        references: z.array(z.array(text)),
        one: number,
        best: number,
      }),
    }),
    rankings: z.object({
      graded: z.array(z.object({ relevance: z.array(number), ndcg: number })),
      single: z.array(z.object({ relevance: z.array(number), mrr: number })),
    }),
    correlation: z.object({
      left: z.array(number),
      right: z.array(number),
      spearman: number,
      pearson: number,
    }),
    mcnemar: z.array(z.object({ regressions: number, fixes: number, pValue: number })),
    bootstrap: z.object({
      right: z.array(number),
      other: z.array(number),
      mean: interval,
      change: interval,
    }),
  })
  .parse(Object.fromEntries(readLines('test/fixtures/evaluation/metrics.jsonl')));

describe('metrics of labels', () => {
  const { gold, given, labels, ...expected } = reference.labels;
  const names = [...new Set([...gold, ...given])].sort();
  const pairs = gold.map((label, row) => ({
    gold: names.indexOf(label),
    answer: names.indexOf(given[row] ?? ''),
  }));
  const counts = countLabels(pairs, names.length);

  it('are those of scikit-learn, labels that are never right or never wanted among them', () => {
    expect(accuracy(pairs)).toBeCloseTo(expected.accuracy, 12);
    expect(macroF1(counts)).toBeCloseTo(expected.macroF1, 12);
    for (const [index, figure] of labelFigures(counts, names).entries()) {
      const { label, ...numbers } = labels[index] ?? { label: '' };
      expect(figure.label).toBe(label);
      for (const [name, value] of Object.entries(numbers))
        expect(Object.entries(figure)).toContainEqual([name, expect.closeTo(Number(value), 12)]);
    }
  });

  it('have the confusion matrix of scikit-learn', () => {
    expect(confusion(pairs, names)).toEqual({ labels: names, counts: expected.confusion });
  });

  it('of no row are no numbers, and of labels that nobody has count for nothing', () => {
    expect(accuracy([])).toBeNaN();
    expect(macroF1(countLabels([], 3))).toBeNaN();
    expect(macroF1(countLabels(pairs, names.length + 5))).toBeCloseTo(expected.macroF1, 12);
  });
});

describe('expected calibration error', () => {
  const { confidence, right, counts, ece } = reference.calibration;
  const bins = confidenceBins(
    confidence.map((one, row) => ({ confidence: one, isRight: right[row] === true })),
  );

  it('is that of the calibration curve of scikit-learn in 15 bins', () => {
    expect(expectedCalibrationError(bins)).toBeCloseTo(ece, 12);
  });

  it('counts a confidence on an edge in the bin below', () => {
    expect(bins.map(({ count }) => count)).toEqual(counts);
  });

  it('takes the confidences 0 and 1, and what rounding put above 1', () => {
    const [first, ...more] = confidenceBins(
      [0, 1, 1 + 1e-9].map((one) => ({ confidence: one, isRight: true })),
    );
    expect([first?.count, more.at(-1)?.count]).toEqual([1, 2]);
  });
});

describe('metrics of spans', () => {
  it.each(Object.entries(reference.spans))('of %s tags are those of seqeval', (_, expected) => {
    const rows = expected.gold.map((gold, row) =>
      countSpans(gold.split(' '), (expected.given[row] ?? '').split(' ')),
    );
    const sums = sumSpans(rows, ['album', 'artist', 'year']);
    const { f1, precision, recall } = microFigures(sums);
    expect([f1, precision, recall]).toEqual([
      expect.closeTo(expected.f1, 12),
      expect.closeTo(expected.precision, 12),
      expect.closeTo(expected.recall, 12),
    ]);
  });

  it('by label are those of the report of seqeval', () => {
    const { gold, given, labels } = reference.spans.bio;
    const rows = gold.map((tags, row) => countSpans(tags.split(' '), (given[row] ?? '').split(' ')));
    const names = Object.keys(labels);
    for (const { label, ...figure } of labelFigures(sumSpans(rows, names), names)) {
      const { 'f1-score': f1 = Number.NaN, ...rest } = labels[label] ?? {};
      for (const [name, value] of Object.entries({ ...rest, f1 }))
        expect(Object.entries(figure)).toContainEqual([name, expect.closeTo(value, 12)]);
    }
  });

  it('of BIOUL are those of the same spans in BIO', () => {
    const bioul = ['U-a', 'B-a', 'I-a', 'L-a', 'O', 'B-b', 'L-b', 'U-b'];
    const bio = ['B-a', 'B-a', 'I-a', 'I-a', 'O', 'B-b', 'I-b', 'B-b'];
    expect(microFigures(sumSpans([countSpans(bioul, bio)], ['a', 'b'])).f1).toBe(1);
  });
});

describe('metrics of answers', () => {
  it.each(reference.answers)(
    '$answer beside $gold are those of the script of SQuAD',
    ({ answer, gold, exact, f1 }) => {
      expect(answerExactMatch(answer, gold)).toBe(exact);
      expect(answerF1(answer, gold)).toBeCloseTo(f1, 12);
    },
  );
});

describe('metrics of texts', () => {
  it('have the ROUGE of rouge-score, the best of two references', () => {
    for (const { text: one, references, ...expected } of reference.texts.rouge)
      for (const [name, value] of Object.entries(expected))
        expect(Object.entries(rouge(one, references))).toContainEqual([name, expect.closeTo(value, 12)]);
  });

  it('have the chrF of sacreBLEU, by the better of two references', () => {
    const { texts, references, one, best } = reference.texts.chrf;
    const score = (many: number) =>
      chrFOfCounts(texts.map((made, row) => bestGrams(made, references[row]?.slice(0, many) ?? [])));
    expect(score(1)).toBeCloseTo(one, 9);
    expect(score(2)).toBeCloseTo(best, 9);
  });
});

describe('metrics of rankings', () => {
  it('have the nDCG of scikit-learn, of ten ranks', () => {
    for (const { relevance, ndcg } of reference.rankings.graded)
      expect(ndcgAt(relevance, 10)).toBeCloseTo(ndcg, 12);
  });

  it('have the reciprocal rank of scikit-learn where one text is relevant, and none beyond the rank that counts', () => {
    for (const { relevance, mrr } of reference.rankings.single)
      expect(reciprocalRankAt(relevance, 10)).toBeCloseTo(mrr, 12);
    expect(reciprocalRankAt([0, 0, 1], 2)).toBe(0);
    expect(reciprocalRankAt([0, 2, 1], 3)).toBe(0.5);
  });
});

describe('correlations', () => {
  it('are those of scipy, with ties', () => {
    const { left, right, ...expected } = reference.correlation;
    expect(spearman(left, right)).toBeCloseTo(expected.spearman, 12);
    expect(pearson(left, right)).toBeCloseTo(expected.pearson, 12);
  });

  it('of a list that is constant are no numbers', () => {
    expect(spearman([1, 1, 1], [1, 2, 3])).toBeNaN();
  });
});

describe('the test of McNemar', () => {
  it.each(reference.mcnemar)(
    'of $regressions and $fixes is that of statsmodels',
    ({ regressions, fixes, pValue }) => {
      expect(mcnemar(regressions, fixes)).toBeCloseTo(pValue, 9);
      expect(mcnemar(fixes, regressions)).toBeCloseTo(pValue, 9);
    },
  );
});

describe('intervals', () => {
  const { right, other, mean, change } = reference.bootstrap;
  const measure = (drawn: Uint32Array) => {
    let [sum, difference] = [0, 0];
    for (const row of drawn) {
      sum += right[row] ?? 0;
      difference += (right[row] ?? 0) - (other[row] ?? 0);
    }
    return new Map([
      ['mean', sum / drawn.length],
      ['change', difference / drawn.length],
      ['never', Number.NaN],
    ]);
  };
  const found = bootstrapIntervals(right.length, measure, { draws: 4_000 });

  it('are those of the bootstrap of scipy, paired, but for the draws', () => {
    for (const [name, [low, high]] of [
      ['mean', mean],
      ['change', change],
    ] as const) {
      expect(found.get(name)).toEqual([expect.closeTo(low, 2), expect.closeTo(high, 2)]);
    }
  });

  it('come again by their seed, and differ by another', () => {
    const draw = (seed: number) => bootstrapIntervals(right.length, measure, { draws: 100, seed });
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('are none of what is no number, nor of one row', () => {
    expect(found.has('never')).toBe(false);
    expect(bootstrapIntervals(1, measure)).toEqual(new Map());
  });

  it('have quantiles between two values as numpy has them', () => {
    expect([0, 0.5, 0.9, 1].map((share) => quantile([1, 2, 4, 8], share))).toEqual([
      1,
      3,
      expect.closeTo(6.8),
      8,
    ]);
  });
});
