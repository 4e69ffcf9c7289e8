/** Metrics of one label a row, as scikit-learn computes them. Labels are indices into a list. */
import type { LabelFigures } from '../report-schema.ts';

export interface LabelPair {
  readonly gold: number;
  readonly answer: number;
}

/** How often each label of a list was right, was given and was wanted. */
export interface LabelCounts {
  readonly right: Float64Array;
  readonly given: Float64Array;
  readonly wanted: Float64Array;
}

export function noCounts(labels: number): LabelCounts {
  return {
    right: new Float64Array(labels),
    given: new Float64Array(labels),
    wanted: new Float64Array(labels),
  };
}

export function countLabels(pairs: readonly LabelPair[], labels: number): LabelCounts {
  const counts = noCounts(labels);
  for (const { gold, answer } of pairs) {
    add(counts.wanted, gold, 1);
    add(counts.given, answer, 1);
    if (gold === answer) add(counts.right, gold, 1);
  }
  return counts;
}

/** Adds to a place of an array; a place that it does not have is left alone. */
export function add(values: Float64Array, place: number, value: number): void {
  values[place] = (values[place] ?? 0) + value;
}

/** The share of rows whose answer is right, 0 to 1; NaN of no row. */
export function accuracy(pairs: readonly LabelPair[]): number {
  let right = 0;
  for (const { gold, answer } of pairs) if (gold === answer) right += 1;
  return right / pairs.length;
}

/**
 * The mean F1 of the labels that the rows or the answers have, each counting as much as another: `f1_score(average='macro')` of
 * scikit-learn. NaN where there is none.
 */
export function macroF1({ right, given, wanted }: LabelCounts): number {
  let sum = 0;
  let labels = 0;
  for (let label = 0; label < right.length; label++) {
    const both = (given[label] ?? 0) + (wanted[label] ?? 0);
    if (both === 0) continue;
    labels += 1;
    sum += (2 * (right[label] ?? 0)) / both;
  }
  return sum / labels;
}

/** Of all labels together, 0 to 1. 1 where none was given and none wanted, as no mistake was made. */
export function microFigures({ right, given, wanted }: LabelCounts): {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
} {
  const [hits, made, asked] = [right, given, wanted].map((counts) =>
    counts.reduce((sum, one) => sum + one, 0),
  );
  return figures(hits ?? 0, made ?? 0, asked ?? 0, 1);
}

/** A line for each label that was given or wanted, in the order of `labels`. */
export function labelFigures(
  { right, given, wanted }: LabelCounts,
  labels: readonly string[],
): LabelFigures[] {
  return labels.flatMap((label, place) => {
    const support = wanted[place] ?? 0;
    const made = given[place] ?? 0;
    return support + made === 0 ? [] : [{ label, ...figures(right[place] ?? 0, made, support, 0), support }];
  });
}

function figures(right: number, given: number, wanted: number, ofNothing: number) {
  return {
    precision: given === 0 ? (wanted === 0 ? ofNothing : 0) : right / given,
    recall: wanted === 0 ? (given === 0 ? ofNothing : 0) : right / wanted,
    f1: given + wanted === 0 ? ofNothing : (2 * right) / (given + wanted),
  };
}

/** `counts[gold][answer]` of the labels that were given or wanted, in the order of `labels`. */
export function confusion(
  pairs: readonly LabelPair[],
  labels: readonly string[],
): { labels: string[]; counts: number[][] } {
  const seen = new Set(pairs.flatMap(({ gold, answer }) => [gold, answer]));
  const kept = [...labels.keys()].filter((label) => seen.has(label));
  const placeOf = new Map(kept.map((label, place) => [label, place]));
  const counts = kept.map(() => new Array<number>(kept.length).fill(0));
  for (const { gold, answer } of pairs) {
    const row = counts[placeOf.get(gold) ?? -1];
    const column = placeOf.get(answer) ?? -1;
    if (row) row[column] = (row[column] ?? 0) + 1;
  }
  return { labels: kept.map((label) => labels[label] ?? ''), counts };
}
