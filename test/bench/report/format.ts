import type { Comparison, Result, Unit } from '../results.ts';
import { type Spread, spread } from '../statistics.ts';

/** A value in its unit: `155 ms`, `0.38x`. */
export function amount(value: number, unit: Unit): string {
  if (unit === 'x') return `${value.toFixed(value < 10 ? 3 : 1)}x`;
  if (unit === 'requests') return `${Math.round(value)} ${unit}`;
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
  return series.map(({ metric, subject, unit, samples }) => {
    const summary = spread(samples);
    return [metric, subject, amount(summary.median, unit), band(summary, unit), String(summary.samples)];
  });
}

/** Names the model that was measured, for a heading: `67M parameters`, `the sentiment model`. */
export const nameSubject = ({ measurement, model }: Pick<Result, 'measurement' | 'model'>): string =>
  measurement === 'lambda' ? `the ${model} model` : `${model.toUpperCase()} parameters`;

/** The machine and the software of a result, in a line. */
export function provenance({ machine, threads, measurement }: Result): string {
  const { cpu, instructions, cores, memoryGiB, node, onnxruntime, transformersJs, commit, dirty, date } =
    machine;
  return [
    `${cpu}, ${instructions.join(' ') || 'no int8 instructions known'}`,
    `${cores} cores, ${memoryGiB} GiB`,
    measurement === 'lambda' ? '1 thread' : `${threads} threads on each side`,
    `Node ${node}, onnxruntime-node ${onnxruntime}, @huggingface/transformers ${transformersJs}`,
    ...(machine.load === undefined ? [] : [`load average before it ${machine.load.toFixed(1)}`]),
    `commit ${commit}${dirty ? ' with uncommitted changes' : ''}, ${date}`,
  ].join('; ');
}
