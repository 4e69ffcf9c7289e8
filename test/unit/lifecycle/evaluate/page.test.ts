import {
  type EvaluationReport,
  evaluationMarkdown,
  evaluationPage,
  evaluationReportSchema,
} from '@pilotlight/lifecycle';
import { drawEvaluation } from '@pilotlight/lifecycle/internal/evaluate/page/plots';
import {
  intervalText,
  metricText,
  probabilityText,
} from '@pilotlight/lifecycle/internal/evaluate/page/wording';
import { describe, expect, it } from 'vitest';
import { drawnTexts, parseElements } from '../report/drawn-text.ts';

const SHA = 'd'.repeat(64);
const HOSTILE = '<script>alert(1)</script>';
const LABELS = Array.from({ length: 30 }, (_, index) => `label ${index}`);
const model = (version: string) => ({ name: 'made', version, variant: 'int8', manifestSha256: SHA });
const report: EvaluationReport = {
  formatVersion: 1,
  kind: 'evaluation',
  at: '2026-12-01T06:00:00.000Z',
  model: model('1.1.0'),
  task: 'text-classification',
  dataset: { name: HOSTILE, sha256: SHA, rows: 8_406 },
  metrics: { accuracy: { value: 0.8615, interval: [0.85, 0.87] } },
  labels: LABELS.map((label) => ({ label, precision: 0.5, recall: 0.5, f1: 0.5, support: 2 })),
  confusion: {
    labels: LABELS,
    counts: LABELS.map((_, gold) => LABELS.map((__, answer) => (gold === answer ? 9 : gold === 29 ? 1 : 0))),
  },
  calibration: [{ from: 0, to: 1, count: 4, confidence: 0.5, accuracy: 0.75 }],
  slices: [{ by: 'tokens', value: '3-9', rows: 8_406, metrics: { accuracy: 0.8615 } }],
  mistakes: [{ line: 7, input: HOSTILE, gold: HOSTILE, answer: HOSTILE, confidence: 0.99 }],
  comparison: {
    before: model('1.0.0'),
    metrics: { accuracy: { value: 0.85 } },
    changes: { accuracy: { value: 0.0115, interval: [-0.001, 0.02] } },
    flips: 12,
    regressions: 4,
    fixes: 8,
    pValue: 0.0004,
    shown: [{ line: 3, input: HOSTILE, gold: HOSTILE, before: HOSTILE, after: HOSTILE }],
  },
  gates: [
    {
      gate: 'accuracy>=0.9',
      value: 0.8615,
      passed: false,
      dataset: { name: HOSTILE, sha256: SHA, rows: 8_406 },
      manifestSha256: SHA,
    },
  ],
  machine: { cpu: 'a CPU', arch: 'x64', node: '24.0.0', pilotlight: '0.1.0' },
  seconds: 9.66,
};
const html = evaluationPage(report);

describe('the page of an evaluation', () => {
  it('is of a report as it is kept', () => {
    expect(evaluationReportSchema.parse(report)).toEqual(report);
  });

  it('shows texts of rows as texts', () => {
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('says the figures, the change and its interval, the failed gate and the test', () => {
    for (const shown of [
      '85.0 %',
      '86.2 %',
      '+1.1 points',
      '-0.1 points to +2.0 points',
      'FAILED',
      '&lt; 0.001',
    ])
      expect(html).toContain(shown);
  });

  it('has no place for what there is not', () => {
    const { labels: _, confusion: __, calibration: ___, comparison: ____, ...less } = report;
    const page = evaluationPage({ ...less, gates: [], mistakes: [] });
    for (const heading of ['Gates', 'Labels', 'Answers that changed', 'Is it right', 'The worst mistakes'])
      expect(page).not.toContain(heading);
  });
});

describe('the Markdown of an evaluation', () => {
  const markdown = evaluationMarkdown(report);

  it('has the figures of both, the change, the failed gate and the test', () => {
    for (const line of [
      '| accuracy | 85.0 % | 86.2 % | +1.1 points | -0.1 points to +2.0 points |',
      '| accuracy&gt;=0.9 | 0.8615 | FAILED |',
      "12 answers differ: 4 were right and are wrong, 8 were wrong and are right; McNemar's test: p < 0.001.",
      '| 3-9 | 8,406 | 86.2 % |',
    ])
      expect(markdown.split('\n')).toContain(line);
  });

  it('shows texts of rows as texts', () => {
    expect(markdown).not.toContain('<script');
  });
});

describe('the plots of an evaluation', () => {
  const plots = new Map(drawEvaluation(report).map(({ name, svg }) => [name, svg]));

  it('are well-formed', () => {
    expect([...plots.keys()]).toEqual(['confusion', 'reliability', 'confidence']);
    for (const svg of plots.values()) expect(parseElements(svg)[0]).toBe('svg');
  });

  it('show of many labels those with most mistakes', () => {
    const texts = drawnTexts(plots.get('confusion') ?? '').map(({ content }) => content);
    expect(texts).toContain('Confusion of made@1.1.0, int8, the 24 labels with most mistakes');
    expect(texts.filter((content) => content === 'label 29')).toHaveLength(2);
  });
});

describe('figures', () => {
  it('are shares in per cent, but for correlations and chrF', () => {
    expect(metricText('accuracy', 0.8615)).toBe('86.2 %');
    expect(metricText('spearman', 0.8615)).toBe('0.862');
    expect(metricText('chrf', 93.81)).toBe('93.8');
  });

  it('have the sign of their change', () => {
    expect(metricText('accuracy', 0.01, 'change')).toBe('+1.0 points');
    expect(metricText('accuracy', -0.01, 'change')).toBe('-1.0 points');
    expect(metricText('chrf', 2, 'change')).toBe('+2.0');
    expect(intervalText('accuracy', {})).toBe('');
  });

  it('of a test are not zero', () => {
    expect([probabilityText(0.0004), probabilityText(0.25)]).toEqual(['< 0.001', '0.250']);
  });
});
