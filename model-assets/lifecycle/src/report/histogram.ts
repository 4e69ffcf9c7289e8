import { legend } from './legend.ts';
import { linearAxis, tickLabel } from './scales.ts';
import { drawing, element, seriesClass, text, textWidth } from './svg.ts';
import { readable } from './tick-labels.ts';
import { valueLines } from './value-lines.ts';

const WIDTH = 760;
const PLOT = 240;
/** Of the width of a bin, so that neighbours do not touch. */
const FILLED = 0.88;

export interface HistogramSeries {
  readonly subject: string;
  /** How many lie in each bin: one fewer than there are edges. */
  readonly counts: readonly number[];
}

export interface Histogram {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** From low to high; bin `i` is from `edges[i]` to `edges[i + 1]`. Bins are drawn equally wide. */
  readonly edges: readonly number[];
  /** Drawn side by side in each bin; a single one has no legend. */
  readonly series: readonly HistogramSeries[];
}

/** Counts by bin as upright bars; y begins at zero. */
export function histogram({ title, x, y, edges, series }: Histogram): string {
  const key =
    series.length > 1
      ? legend(
          series.map(({ subject }) => subject),
          16,
          50,
          WIDTH - 32,
        )
      : { svg: '', height: 0 };
  const top = 60 + key.height;
  const bottom = top + PLOT;
  const highest = Math.max(0, ...series.flatMap(({ counts }) => counts)) || 1;
  const vertical = linearAxis(highest, bottom, top);
  const left = 28 + Math.max(...vertical.ticks.map((tick) => textWidth(tickLabel(tick))));
  const bins = edges.length - 1;
  const pitch = (WIDTH - 36 - left) / Math.max(1, bins);
  const edgeAt = (index: number): number => left + index * pitch;
  return drawing(
    title,
    WIDTH,
    bottom + 46,
    text(title, 16, 24, 'start', 'title'),
    key.svg,
    text(y, 16, top - 12),
    ...valueLines(vertical, left, WIDTH - 20),
    ...series.flatMap(({ counts }, index) =>
      counts.map((count, bin) => {
        const width = (pitch * FILLED) / series.length;
        const at = vertical.scale(count);
        const start = edgeAt(bin) + (pitch * (1 - FILLED)) / 2 + index * width;
        return element('rect', { x: start, y: at, width, height: bottom - at, class: seriesClass(index) });
      }),
    ),
    ...readable(edges.map((edge, index) => ({ value: edge, at: edgeAt(index) }))).map(({ value, at }) =>
      text(tickLabel(value), at, bottom + 18, 'middle'),
    ),
    text(x, WIDTH - 20, bottom + 38, 'end'),
  );
}
