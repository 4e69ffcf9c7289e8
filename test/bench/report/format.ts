import { SHAPES } from '../../fixtures/checkpoint-options.ts';
import type { Measurement } from '../arguments.ts';
import type { Comparison, Result, Series, Unit } from '../results.ts';
import { type Spread, spread } from '../statistics.ts';

const COUNTS: readonly Unit[] = ['requests', 'texts', 'streams', 'environments'];

/** A value in its unit: `155 ms`, `0.38x`. */
export function amount(value: number, unit: Unit): string {
  if (unit === 'x') return `${value.toFixed(value < 10 ? 3 : 1)}x`;
  if (COUNTS.includes(unit)) return `${Math.round(value)} ${unit}`;
  if (unit === 'cosine') return value.toFixed(5);
  if (unit === '%') return `${value.toFixed(1)} %`;
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ${unit}`;
}

export const band = ({ low, high, band: name }: Spread, unit: Unit): string =>
  `${amount(low, unit)} - ${amount(high, unit)} (${name})`;

export const verdict = ({ met }: Comparison): string => (met === undefined ? '' : met ? 'met' : 'MISSED');

/** Cells of a table of comparisons. */
export const COMPARISON_COLUMNS = ['compared', 'median', 'spread', 'target', 'verdict'] as const;
export function comparisonRows({ comparisons }: Result): string[][] {
  return comparisons.map((comparison) => {
    const { name, unit, value, target = '' } = comparison;
    return [name, amount(value.median, unit), band(value, unit), target, verdict(comparison)];
  });
}

/** Cells of a table of what each subject did. */
export const SERIES_COLUMNS = ['measured', 'subject', 'median', 'spread', 'samples'] as const;
export function seriesRows({ series }: Result): string[][] {
  return series
    .filter(({ row }) => row === undefined)
    .map(({ metric, subject, unit, samples }) => {
      const summary = spread(samples);
      return [metric, subject, amount(summary.median, unit), band(summary, unit), String(summary.samples)];
    });
}

export interface WideTable {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Tables of the series with a `row`: a line for each row and subject, a column for each metric; rows of the same metrics share a table. */
export function wideTables({ series }: Pick<Result, 'series'>): WideTable[] {
  const lines = new Map<string, { row: string; subject: string; cells: Series[] }>();
  for (const one of series) {
    if (one.row === undefined) continue;
    const key = `${one.row}\t${one.subject}`;
    const line = lines.get(key) ?? { row: one.row, subject: one.subject, cells: [] };
    line.cells.push(one);
    lines.set(key, line);
  }
  const tables = new Map<string, { titles: string[]; rows: string[][] }>();
  for (const { row, subject, cells } of lines.values()) {
    const metrics = cells.map(({ metric }) => metric);
    const table = tables.get(metrics.join()) ?? { titles: ['measured', 'subject', ...metrics], rows: [] };
    table.rows.push([row, subject, ...cells.map(cell)]);
    tables.set(metrics.join(), table);
  }
  return [...tables.values()];
}

/** `677 texts/s (650 - 690)`; without a spread where there is one sample. */
function cell({ samples, unit }: Series): string {
  const { median, low, high } = spread(samples);
  if (samples.length < 2) return amount(median, unit);
  const bare = (value: number) => amount(value, unit).replace(/[^\d.]+$/, '');
  return `${amount(median, unit)} (${bare(low)} - ${bare(high)})`;
}

const ON_DEFAULT_MODELS: readonly Measurement[] = ['lambda', 'burst', 'streams'];

/** Names the model that was measured, for a heading: `67M parameters`, `the sentiment model`, `all-minilm-l6-v2`. */
export function nameSubject({ measurement, model }: Pick<Result, 'measurement' | 'model'>): string {
  if (ON_DEFAULT_MODELS.includes(measurement)) return `the ${model} model`;
  return Object.hasOwn(SHAPES, model) ? `${model.toUpperCase()} parameters` : model;
}

/** Where both sides do not have the same threads. */
const THREADS: Partial<Record<Measurement, string>> = {
  lambda: '1 thread',
  burst: '1 thread for the predict function, all cores for the web function',
};

/** The machine and the software of a result, in a line. */
export function provenance({ machine, threads, measurement }: Result): string {
  const { cpu, instructions, cores, memoryGiB, node, onnxruntime, transformersJs, commit, dirty, date } =
    machine;
  return [
    `${cpu}, ${instructions.join(' ') || 'no int8 instructions known'}`,
    `${cores} cores, ${memoryGiB} GiB`,
    THREADS[measurement] ?? `${threads} threads on each side`,
    `Node ${node}, onnxruntime-node ${onnxruntime}, @huggingface/transformers ${transformersJs}`,
    ...(machine.load === undefined ? [] : [`load average before it ${machine.load.toFixed(1)}`]),
    `commit ${commit}${dirty ? ' with uncommitted changes' : ''}, ${date}`,
  ].join('; ');
}
