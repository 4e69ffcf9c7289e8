import { HttpError } from './errors.ts';

/** Numbers of one answer: as JSON, some 80 MB. */
const MAX_VALUES = 4_000_000;

/** @throws HttpError ANSWER_TOO_LARGE */
export function refuseMoreValues(values: number): void {
  if (values <= MAX_VALUES) return;
  throw new HttpError(
    'ANSWER_TOO_LARGE',
    `The answer would have more than ${MAX_VALUES} numbers. Send fewer inputs, or have them pooled.`,
  );
}

/** Numbers of results that have a vector for each token. */
export function valuesOf(results: readonly unknown[]): number {
  let values = 0;
  for (const result of results) {
    const first: unknown = Array.isArray(result) ? result[0] : undefined;
    if (Array.isArray(result) && Array.isArray(first)) values += result.length * first.length;
  }
  return values;
}
