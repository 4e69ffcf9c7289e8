import type { Result } from '../results.ts';
import { subjectOf } from './format.ts';
import { lineChart } from './line-chart.ts';
import { stackedBars } from './stacked-bars.ts';

/** A plot, and the name of its file. */
export interface Plot {
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** The plot of a result; none where it has nothing to draw. */
export function plotOf(result: Result): Plot | undefined {
  const { measurement, stacks = [], curves = [] } = result;
  const plot = (title: string, draw: (title: string) => string): Plot => {
    return { file: `${measurement}.svg`, title, svg: draw(title) };
  };
  const shape = subjectOf(result);
  switch (measurement) {
    case 'cold':
      if (stacks.length === 0) return undefined;
      return plot(`Cold start by phase, ${shape}`, (title) => stackedBars(title, 'ms', stacks));
    case 'lambda':
      if (stacks.length === 0) return undefined;
      return plot(`Cold start in local Lambda by phase, ${shape}`, (title) =>
        stackedBars(title, 'ms', stacks),
      );
    case 'warm':
      if (curves.length === 0) return undefined;
      return plot(`Latency of a single call by its tokens, ${shape}`, (title) =>
        lineChart({ title, x: 'tokens', y: 'ms, median', curves, logarithmic: true }),
      );
    case 'bulk':
      if (curves.length === 0) return undefined;
      return plot(`Throughput by size of batch, ${shape}`, (title) =>
        lineChart({
          title,
          x: 'tokens in a batch, padding included (Pilotlight: its budget; transformers.js: the mean)',
          y: 'texts/s',
          curves,
          logarithmic: true,
        }),
      );
    case 'memory':
      if (curves.length === 0) return undefined;
      return plot(`Resident memory over many requests, ${shape}`, (title) =>
        lineChart({ title, x: 'requests', y: 'MiB', curves, logarithmic: false }),
      );
    case 'batch':
    case 'tasks':
      return undefined;
  }
}
