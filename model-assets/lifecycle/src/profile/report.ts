/** A profile as plots, and as a page that stands alone. */
import { type Html, html, trustedHtml } from '../report/html.ts';
import { lineChart } from '../report/line-chart.ts';
import { figure, htmlTable, page } from '../report/page.ts';
import type { Profile, Shape, TimeShare } from './profile.ts';

const MEGABYTE = 2 ** 20;

/** The plots of a profile, by the names of their files. */
export function profilePlots({ shapes, model, variant, measures }: Profile): ReadonlyMap<string, string> {
  const batches = [...new Set(shapes.map(({ batch }) => batch))];
  const lengths = [...new Set(shapes.map(({ tokens }) => tokens))];
  const isOverLength = lengths.length > 1;
  const plot = (title: string, y: string, value: (shape: Shape) => number): string =>
    lineChart({
      title: `${model} ${variant}: ${title}`,
      x: isOverLength ? 'tokens of a text' : 'texts at once',
      y,
      logarithmic: true,
      curves: isOverLength
        ? batches.map((batch) => ({
            subject: `${batch} ${batch === 1 ? 'text' : 'texts'} at once`,
            points: shapes
              .filter((shape) => shape.batch === batch)
              .map((shape): [number, number] => [shape.tokens, value(shape)]),
          }))
        : [
            {
              subject: `${lengths[0]} tokens each`,
              points: shapes.map((shape) => [shape.batch, value(shape)]),
            },
          ],
    });
  return new Map([
    ['latency.svg', plot(`median of ${measures}`, 'ms', ({ p50Ms }) => p50Ms)],
    [
      'cpu.svg',
      plot(
        'a token, of the run that took least of the processor',
        'ms of the processor a token',
        ({ cpuMs, tokens, batch }) => cpuMs / (tokens * batch),
      ),
    ],
    [
      'memory.svg',
      plot(
        'memory beyond the loaded model',
        'MB',
        ({ peakBytes, loadedBytes }) => Math.max(0, peakBytes - loadedBytes) / MEGABYTE,
      ),
    ],
    [
      'throughput.svg',
      plot('tokens a second', 'tokens/s', ({ tokens, batch, p50Ms }) => (1_000 * tokens * batch) / p50Ms),
    ],
  ]);
}

/** The whole profile as one file. */
export function profilePage(profile: Profile): string {
  const { model, variant, machine, measuredAt, shapes, limits, time, measures } = profile;
  const number = (title: string) => ({ title, number: true });
  const megabytes = (bytes: number) => (bytes / MEGABYTE).toFixed(0);
  return page({
    title: `Profile of ${model} ${variant}`,
    summary: `${measures}, each shape in a process of its own, on ${machine.processor} (${machine.architecture}, ${machine.threads} threads, ONNX Runtime ${machine.onnxruntime}, Node.js ${machine.node}), ${measuredAt}`,
    sections: [
      {
        heading: 'Proposed limits',
        body: htmlTable(
          [{ title: 'Limit' }, number('Value'), { title: 'Because' }],
          limits.map(({ name, value, reason }) => [name, value, reason]),
        ),
      },
      { heading: 'Curves', body: [...profilePlots(profile).values()].map((svg): Html => figure(svg)) },
      {
        heading: 'Shapes',
        body: htmlTable(
          ['Tokens', 'Texts', 'p50 ms', 'p90 ms', 'CPU ms', 'Loaded MB', 'Peak MB', 'Arena MB'].map(number),
          shapes.map(({ tokens, batch, p50Ms, p90Ms, cpuMs, loadedBytes, peakBytes, arenaBytes }) => [
            ...[
              tokens,
              batch,
              p50Ms.toFixed(2),
              p90Ms.toFixed(2),
              cpuMs.toFixed(2),
              megabytes(loadedBytes),
              megabytes(peakBytes),
            ],
            arenaBytes === undefined ? '' : megabytes(arenaBytes),
          ]),
        ),
      },
      {
        heading: `Where the time of a call of ${time.batch} × ${time.tokens} tokens goes`,
        body: html`${sharesTable('Stage', time.stages)}${trustedHtml('<br>')}${sharesTable('Operator', time.operators)}`,
      },
    ],
  });
}

function sharesTable(title: string, shares: readonly TimeShare[]): Html {
  return htmlTable(
    [{ title }, { title: 'ms', number: true }, { title: '%', number: true }],
    shares.map(({ name, ms, share }) => [name, ms.toFixed(3), (100 * share).toFixed(1)]),
  );
}
