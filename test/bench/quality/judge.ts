/** What a way to compute embeddings changes: neighbours and labels, against those of fp32. */

/** Rows of embeddings, each of length 1. */
export type Embeddings = readonly Float64Array[];

/** Scales each row to length 1. */
export function toUnit(rows: readonly (readonly number[])[]): Embeddings {
  return rows.map((row) => {
    const length = Math.hypot(...row);
    return Float64Array.from(row, (value) => value / length);
  });
}

/** Cosines of rows that stand for the same texts. */
export function cosines(own: Embeddings, reference: Embeddings): number[] {
  return own.map((row, index) => dot(row, reference[index] ?? row));
}

/** For each query the index of the nearest of `among`; `ownPlace` where a row is not its own neighbour. */
export function nearest(queries: Embeddings, among: Embeddings, ownPlace = false): number[] {
  return queries.map((query, place) => {
    let best = -1;
    let highest = Number.NEGATIVE_INFINITY;
    for (const [index, row] of among.entries()) {
      if (ownPlace && index === place) continue;
      const score = dot(query, row);
      if (score <= highest) continue;
      highest = score;
      best = index;
    }
    return best;
  });
}

/** How many values differ from those of the reference at the same place. */
export const countChanged = <Value>(own: readonly Value[], reference: readonly Value[]): number =>
  own.filter((value, index) => value !== reference[index]).length;

export interface Labelled {
  readonly text: string;
  readonly label: string;
}

/** The label of the nearest of `train` for each query: one-nearest-neighbour classification. */
export function nearestLabels(queries: Embeddings, train: Embeddings, labels: readonly string[]): string[] {
  return nearest(queries, train).map((index) => labels[index] ?? '');
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (const [index, value] of left.entries()) sum += value * (right[index] ?? Number.NaN);
  return sum;
}
