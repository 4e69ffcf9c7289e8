import { type Curve, type LineChart, lineChart } from '@pilotlight/lifecycle/internal/report/line-chart';
import { stackedBars } from '@pilotlight/lifecycle/internal/report/stacked-bars';
import type { Result } from '../results.ts';
import { nameSubject } from './format.ts';

/** A plot, and the name of its file. */
export interface Plot {
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** The plots of a result; none where it has nothing to draw. */
export function drawPlots(result: Result): Plot[] {
  const { measurement, stacks = [], curves = [], latencies = [], charts = [] } = result;
  const shape = nameSubject(result);
  const bars = (what: string): Plot[] => {
    const title = `${what}, ${shape}`;
    const file = `${measurement}.svg`;
    return stacks.length === 0 ? [] : [{ file, title, svg: stackedBars(title, 'ms', stacks) }];
  };
  const lines = (
    what: string,
    chart: Omit<LineChart, 'title' | 'curves'>,
    drawn: readonly Curve[] = curves,
    file = `${measurement}.svg`,
  ): Plot[] => {
    const title = `${what}, ${shape}`;
    return drawn.length === 0 ? [] : [{ file, title, svg: lineChart({ ...chart, title, curves: drawn }) }];
  };
  switch (measurement) {
    case 'cold':
      return bars('Cold start by phase');
    case 'lambda':
      return bars('Cold start in local Lambda by phase');
    case 'warm':
      return lines('Latency of a single call by its tokens', {
        x: 'tokens',
        y: 'ms, median',
        logarithmic: true,
      });
    case 'bulk':
      return lines('Throughput by size of batch', {
        x: 'tokens in a batch, padding included (Pilotlight: its budget; transformers.js: the mean)',
        y: 'texts/s',
        logarithmic: true,
      });
    case 'memory':
      return lines('Resident memory over many requests', { x: 'requests', y: 'MiB', logarithmic: false });
    case 'load':
      return [
        ...lines('Throughput by clients', { x: 'clients', y: 'texts/s', logarithmic: true }),
        ...lines(
          '99th percentile of latency by clients',
          { x: 'clients', y: 'ms', logarithmic: true },
          latencies,
          'load-latency.svg',
        ),
      ];
    case 'soak':
      return lines('Resident memory of a busy server', { x: 'seconds', y: 'MiB', logarithmic: false });
    case 'streams':
      return lines('Resident memory of a server that streams', {
        x: 'seconds',
        y: 'MiB',
        logarithmic: false,
      });
    case 'gpu':
      return lines(
        'Throughput by size of batch',
        { x: 'texts in a batch', y: 'texts/s', logarithmic: true },
        curves,
        `gpu-${result.model}.svg`,
      );
    case 'peers':
    case 'allennlp':
      return charts.map(({ name, title, ...chart }) => ({
        file: `${measurement}-${name}.svg`,
        title,
        svg: lineChart({ ...chart, title, logarithmic: true }),
      }));
    case 'batch':
    case 'burst':
    case 'tasks':
    case 'quality':
    case 'generate':
      return [];
  }
}
