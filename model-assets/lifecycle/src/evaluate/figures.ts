/** The figures that gates can name. */
import { didYouMean } from '@pilotlight/model-format/errors';
import { LifecycleError } from '../errors.ts';
import { CHANGE } from './compare-rows.ts';
import type { Gate } from './gates.ts';
import type { EvaluationReport } from './report-schema.ts';

const OF_LABELS = ['precision', 'recall', 'f1'] as const;
const OF_COMPARISONS = ['flips', 'flip-rate', 'regressions', 'fixes', 'p-value'] as const;

/**
 * Refuses a gate before any row is asked whose figure cannot be there: `accuracy`, `accuracy[language=de]`, `f1[refund]`, `flips`,
 * `change:accuracy`. Which slices and labels there are shows later.
 *
 * @throws LifecycleError USAGE with the nearest name
 */
export function refuseUnknownFigures(
  gates: readonly Gate[],
  metrics: readonly string[],
  isComparison: boolean,
): void {
  const changes = metrics.map((name) => `${CHANGE}${name}`);
  const known = [...metrics, ...(isComparison ? [...OF_COMPARISONS, ...changes] : [])];
  for (const { gate, figure } of gates) {
    const [name = ''] = figure.split('[', 1);
    if (known.includes(name) || (figure.includes('[') && OF_LABELS.some((one) => one === name))) continue;
    if (!isComparison && [...OF_COMPARISONS, ...changes].includes(name))
      throw new LifecycleError(
        'USAGE',
        `The gate ${gate} is about two models. Name the other one with --compare.`,
      );
    const hint = didYouMean(name, known);
    const message = `There is no figure '${name}' for the gate ${gate}${hint} There are ${known.join(', ')}.`;
    throw new LifecycleError('USAGE', message);
  }
}

type Found = Pick<EvaluationReport, 'metrics' | 'labels' | 'slices' | 'comparison' | 'dataset'>;

/** All of them by name; NaN where a metric could not be measured. */
export function figuresOf(
  { metrics, labels = [], slices, comparison, dataset }: Found,
  names: readonly string[],
): Map<string, number> {
  const figures = new Map(names.map((name) => [name, metrics[name]?.value ?? Number.NaN]));
  for (const { label, ...numbers } of labels)
    for (const one of OF_LABELS) figures.set(`${one}[${label}]`, numbers[one]);
  for (const { by, value, metrics: measured } of slices)
    for (const name of names) figures.set(`${name}[${by}=${value}]`, measured[name] ?? Number.NaN);
  if (comparison === undefined) return figures;
  const { flips, regressions, fixes, pValue = Number.NaN, changes } = comparison;
  figures.set('flips', flips).set('flip-rate', flips / dataset.rows);
  figures.set('regressions', regressions).set('fixes', fixes).set('p-value', pValue);
  for (const name of names) figures.set(`${CHANGE}${name}`, changes[name]?.value ?? Number.NaN);
  return figures;
}
