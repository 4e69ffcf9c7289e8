/** The metrics of parts of a dataset: rows of like length, and rows with the same value of a column. */
import { didYouMean } from '@pilotlight/model-format/errors';
import { quantileOfSorted } from '../compare/run/quantile.ts';
import { LifecycleError } from '../errors.ts';
import type { DatasetFile } from './dataset/read-rows.ts';
import type { JudgedRows } from './judge-model.ts';
import type { Slice } from './report-schema.ts';

const PARTS = 4;
/** Values of a column that are told apart. Numbers of more values are put into ranges, texts are refused. */
const MOST_VALUES = 50;
const NONE = '(none)';

/** Four parts by the lengths of the inputs, of about as many rows each. */
export function sliceByLength(judged: JudgedRows): Slice[] {
  const sizes = judged.answers.map(({ size }) => size);
  return toSlices(judged, judged.countsTokens ? 'tokens' : 'characters', groupByRange(sizes));
}

/**
 * One part for each value of a column; rows without it are a part too.
 *
 * @throws LifecycleError DATASET_INVALID for a column that there is not, or whose values are too many
 */
export function sliceByColumn(judged: JudgedRows, dataset: DatasetFile, column: string): Slice[] {
  const fields = new Map(dataset.rows.map((row) => [row.line, row.fields]));
  const values = judged.examples.map(({ line }) => fields.get(line)?.[column]);
  if (values.every((value) => value === undefined)) throw noColumn(dataset, column);
  const texts = values.map((value) => (value === undefined || value === null ? NONE : String(value)));
  const distinct = new Set(texts);
  if (distinct.size <= MOST_VALUES) {
    const rows = Map.groupBy(texts.keys(), (index) => texts[index] ?? NONE);
    return toSlices(judged, column, rows);
  }
  const numbers = values.map(Number);
  if (numbers.every(Number.isFinite)) return toSlices(judged, column, groupByRange(numbers));
  const message = `The column '${column}' of ${dataset.path} has ${distinct.size} values; a slice has ${MOST_VALUES} at most.`;
  throw new LifecycleError('DATASET_INVALID', message);
}

function noColumn({ path, rows }: DatasetFile, column: string): LifecycleError {
  const known = [...new Set(rows.flatMap(({ fields }) => Object.keys(fields)))];
  const hint = didYouMean(column, known, (near) => `'${near}'`);
  return new LifecycleError('DATASET_INVALID', `${path} has no column '${column}'${hint}`);
}

/** Indices by the range that their number lies in: `9-14`. Ranges are between quartiles, so fewer where many numbers are equal. */
function groupByRange(numbers: readonly number[]): Map<string, number[]> {
  const sorted = [...numbers].sort((left, right) => left - right);
  const edges = Array.from({ length: PARTS - 1 }, (_, part) => quantileOfSorted(sorted, (part + 1) / PARTS));
  const parts = Map.groupBy(
    numbers.keys(),
    (index) => edges.filter((edge) => (numbers[index] ?? 0) > edge).length,
  );
  const ordered = [...parts].sort(([left], [right]) => left - right);
  return new Map(
    ordered.map(([, rows]) => {
      const inside = rows.map((row) => numbers[row] ?? 0).sort((a, b) => a - b);
      const [low = 0] = inside;
      const high = inside.at(-1) ?? low;
      return [low === high ? String(low) : `${low}-${high}`, rows];
    }),
  );
}

function toSlices(judged: JudgedRows, by: string, parts: ReadonlyMap<string, readonly number[]>): Slice[] {
  return [...parts].map(([value, rows]) => ({
    by,
    value,
    rows: rows.length,
    metrics: finiteOnly(judged.measure(rows)),
  }));
}

/** A metric that is no number, such as a correlation of equal values, is none. */
export function finiteOnly(metrics: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...metrics].filter(([, value]) => Number.isFinite(value)));
}
