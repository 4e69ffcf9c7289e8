/** How figures of an evaluation are written. */
import type { Measured } from '../report-schema.ts';

/** Metrics that are no shares. */
const HUNDREDS = ['chrf'];
const CORRELATIONS = ['spearman', 'pearson'];

/** `86.2 %`; correlations and chrF, which goes to 100, as they are. A change has its sign, and of a share is in points. */
export function metricText(name: string, value: number, as: 'value' | 'change' = 'value'): string {
  const sign = as === 'change' && value > 0 ? '+' : '';
  if (CORRELATIONS.includes(name)) return `${sign}${value.toFixed(3)}`;
  if (HUNDREDS.includes(name)) return `${sign}${value.toFixed(1)}`;
  return as === 'change' ? `${sign}${(100 * value).toFixed(1)} points` : `${(100 * value).toFixed(1)} %`;
}

/** `85.4 % to 86.9 %`; empty where there is none. */
export function intervalText(
  name: string,
  { interval }: Pick<Measured, 'interval'>,
  as: 'value' | 'change' = 'value',
): string {
  return interval === undefined ? '' : interval.map((value) => metricText(name, value, as)).join(' to ');
}

/** A p-value as it is written: `0.031`, `< 0.001`. */
export const probabilityText = (value: number): string => (value < 0.001 ? '< 0.001' : value.toFixed(3));

/** `sentiment@1.0.1, int8`. */
export function modelText({
  name,
  version,
  variant,
}: {
  name: string;
  version: string;
  variant: string;
}): string {
  return `${name}@${version}, ${variant}`;
}
