import { lineChart } from '@pilotlight/lifecycle/internal/report/line-chart';
import { stackedBars } from '@pilotlight/lifecycle/internal/report/stacked-bars';
import { element, text } from '@pilotlight/lifecycle/internal/report/svg';
import { describe, expect, it } from 'vitest';
import { type DrawnText, drawnTexts, overlaps, parseElements } from './drawn-text.ts';

const STACKS = ['Pilotlight int8', 'transformers.js q8', 'Node & <onnxruntime>'].map((subject, index) => ({
  subject,
  parts: ['process', 'import', 'load model', 'first prediction'].map((name, part) => ({
    name,
    value: 20 * (index + 1) * (part + 1),
  })),
}));
const CURVES = [
  'Pilotlight int8',
  'session.run int8',
  'transformers.js q8, in file order',
  'transformers.js fp32, sorted by its caller',
].map((subject, index) => ({
  subject,
  points: [8, 16, 32, 64, 128, 256].map((x) => [x, x * 0.1 * (index + 1)] as const),
}));
const PLOTS = {
  'stacked bars': stackedBars('Cold start by phase', 'ms', STACKS),
  'a logarithmic chart': lineChart({
    title: 'Latency',
    x: 'tokens',
    y: 'ms',
    curves: CURVES,
    logarithmic: true,
  }),
  'a linear chart': lineChart({
    title: 'Memory',
    x: 'requests',
    y: 'MiB',
    curves: CURVES.map(({ subject }) => ({
      subject,
      points: Array.from({ length: 101 }, (_, i) => [i * 100, 180 + i] as const),
    })),
    logarithmic: false,
  }),
  'a chart of one curve near zero': lineChart({
    title: 'Small',
    x: 'x',
    y: 'ms',
    curves: [{ subject: 'only', points: [[4, 0.0012]] }],
    logarithmic: true,
  }),
};

describe.each(Object.entries(PLOTS))('%s', (_, svg) => {
  it('are well-formed XML with a title for screen readers', () => {
    expect(parseElements(svg).slice(0, 3)).toEqual(['svg', 'title', 'style']);
  });

  it('have no text upon another', () => {
    expect(overlaps(drawnTexts(svg))).toEqual([]);
  });

  it('have every text inside the drawing', () => {
    const [, width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
    const outside = ({ left, right, top, bottom }: DrawnText) =>
      left < 0 || right > width || top < 0 || bottom > height;
    expect(drawnTexts(svg).filter(outside)).toEqual([]);
  });

  it('hold no number that is none', () => {
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('follow the colour scheme of the reader', () => {
    expect(svg).toContain('prefers-color-scheme:dark');
  });
});

describe('stacked bars', () => {
  it('say the sum of each bar', () => {
    expect(drawnTexts(PLOTS['stacked bars']).map(({ content }) => content)).toEqual(
      expect.arrayContaining(['200 ms', '400 ms', '600 ms']),
    );
  });

  it('are as long as their values', () => {
    const widths = [
      ...PLOTS['stacked bars'].matchAll(/<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="26"/g),
    ].map(([, width]) => Number(width));
    expect(widths).toHaveLength(12);
    expect((widths[3] ?? 0) / (widths[0] ?? 1)).toBeCloseTo(4, 1);
    expect((widths[4] ?? 0) / (widths[0] ?? 1)).toBeCloseTo(2, 1);
  });
});

describe('svg elements', () => {
  it('escape what XML would take for its own', () => {
    expect(element('g', { id: 'a"<b' }, text('R&D <1 ms', 0, 0))).toContain('R&amp;D &lt;1 ms');
    expect(element('g', { id: 'a"<b' })).toBe('<g id="a&quot;&lt;b"/>');
  });
});
