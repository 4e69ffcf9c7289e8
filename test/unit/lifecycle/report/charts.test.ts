import { heatMap } from '@pilotlight/lifecycle/internal/report/heat-map';
import { histogram } from '@pilotlight/lifecycle/internal/report/histogram';
import { reliabilityDiagram } from '@pilotlight/lifecycle/internal/report/reliability-diagram';
import { describe, expect, it } from 'vitest';
import { drawnTexts, overlaps, parseElements } from './drawn-text.ts';

const LABELS = ['positive', 'negative', 'a label <that> is longer & longer than its place'];
const MATRIX = {
  title: 'Confusion',
  x: 'predicted',
  y: 'gold',
  rows: LABELS,
  columns: LABELS,
  cells: [
    [90, 10, 0],
    [5, 12_345, 0],
    [0, 0, 0],
  ],
};
const EDGES = Array.from({ length: 11 }, (_, index) => index / 10);
const BINS = EDGES.slice(0, -1).map((from, index) => ({
  from,
  to: from + 0.1,
  count: index < 5 ? 0 : 10 * index,
  confidence: index < 5 ? 0 : from + 0.05,
  accuracy: index < 5 ? 0 : from,
}));
const PLOTS = {
  'a heat map': heatMap(MATRIX),
  'a heat map of nothing': heatMap({ ...MATRIX, rows: [], columns: [], cells: [] }),
  'a histogram': histogram({
    title: 'Scores',
    x: 'score',
    y: 'texts',
    edges: EDGES,
    series: [{ subject: 'A', counts: EDGES.slice(1).map((_, index) => index * 7) }],
  }),
  'two histograms of nothing': histogram({
    title: 'Scores',
    x: 'score',
    y: 'texts',
    edges: EDGES,
    series: ['A', 'B'].map((subject) => ({ subject, counts: EDGES.slice(1).map(() => 0) })),
  }),
  'a reliability diagram': reliabilityDiagram('Reliability', BINS),
  'a reliability diagram of no answer': reliabilityDiagram('Reliability', []),
};

describe.each(Object.entries(PLOTS))('%s', (_, svg) => {
  it('is well-formed, has a title for screen readers, no text upon another and no number that is none', () => {
    expect(parseElements(svg).slice(0, 3)).toEqual(['svg', 'title', 'style']);
    const flat = svg.replaceAll(/<g transform.*?<\/g>/g, '');
    expect(overlaps(drawnTexts(flat))).toEqual([]);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('has its texts inside of the drawing', () => {
    const [, width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
    const flat = svg.replaceAll(/<g transform.*?<\/g>/g, '');
    for (const { left, right, top, bottom } of drawnTexts(flat)) {
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect(right).toBeLessThanOrEqual(width);
      expect(bottom).toBeLessThanOrEqual(height);
    }
  });
});

describe('a heat map', () => {
  it('shades a cell by its share of the row, and draws none for nothing', () => {
    const shades = [...PLOTS['a heat map'].matchAll(/fill-opacity="([\d.]+)"/g)].map(([, shade]) =>
      Number(shade),
    );
    expect(shades).toEqual([0.54, 0.06, 0, 0.6]);
  });

  it('cuts long labels, and escapes them', () => {
    expect(PLOTS['a heat map']).toContain('a label &lt;that&gt; is longe…');
  });
});

it('a histogram has a bar of no height where a bin is empty', () => {
  expect(PLOTS['a histogram']).toContain('height="0" class="s0"');
});
