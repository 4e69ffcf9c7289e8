/** Chooses the label of each token or word of a sequence: each its best, or together the best that is well formed. */
import { argmax, at } from '../math/activations.ts';
import type { GiveWay } from '../ports.ts';
import { createTagReader } from './tags.ts';

/** The way to choose labels, as `taskDefaults.decoding` of a manifest and the parameter `decoding` name it. */
export type TagDecoding = 'argmax' | 'constrained';

/** Rows that are decoded before it is looked at the time. */
const AT_ONCE = 16;

/**
 * Chooses the index of a label for each row of `[rows][labels]`: log-probabilities, or logits, which differ from them by a constant a row.
 *
 * `constrained` is the most probable sequence in which every span is well formed: nothing goes on with a span that has not
 * begun, and in schemes that mark the end of a span, none is left open. Viterbi's algorithm with the transitions that
 * `allowed_transitions` of AllenNLP's conditional_random_field.py allows, all equally probable. `I-x` never begins a span,
 * so that labels in IOB1 need `argmax`.
 */
export async function decodeTags(
  rows: readonly ArrayLike<number>[],
  labels: readonly string[],
  decoding: TagDecoding,
  giveWay: GiveWay,
): Promise<number[]> {
  const best = decoding === 'constrained' ? await bestSequence(rows, labels, giveWay) : undefined;
  return best ?? mapRows(rows, argmax, giveWay);
}

/** Does for each row what `work` does, in slices. */
export async function mapRows<Row, Result>(
  rows: readonly Row[],
  work: (row: Row) => Result,
  giveWay: GiveWay,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, row] of rows.entries()) {
    if (index % AT_ONCE === 0) await giveWay();
    results.push(work(row));
  }
  return results;
}

interface Transitions {
  /** Whether a sequence may begin with the label. */
  readonly begins: (label: number) => boolean;
  /** Whether a sequence may end with it. */
  readonly ends: (label: number) => boolean;
  /** The labels that it may follow; undefined is every one with which a sequence may end. */
  readonly before: readonly (readonly number[] | undefined)[];
}

function findTransitions(labels: readonly string[]): Transitions {
  const tags = labels.map(createTagReader(labels));
  const before = tags.map(({ tag, continues }) =>
    continues ? [...tags.keys()].filter((i) => tags[i]?.tag === tag && tags[i]?.open) : undefined,
  );
  return {
    begins: (label) => before[label] === undefined,
    ends: (label) => !tags[label]?.unfinished,
    before,
  };
}

/** Finds the best path by its log-probability; undefined where no sequence of the labels is well formed. */
async function bestSequence(
  rows: readonly ArrayLike<number>[],
  labels: readonly string[],
  giveWay: GiveWay,
): Promise<number[] | undefined> {
  const { begins, ends, before } = findTransitions(labels);
  const last = labels.map((_, label) => label).filter(ends);
  const cameFrom: Int32Array[] = [];
  let best = new Float64Array(labels.length);
  for (const [step, row] of rows.entries()) {
    if (step % AT_ONCE === 0) await giveWay();
    const free = findBest(last, best);
    const from = new Int32Array(labels.length);
    const next = new Float64Array(labels.length);
    for (let label = 0; label < labels.length; label++) {
      const previous = before[label];
      const source = previous ? findBest(previous, best) : free;
      from[label] = source;
      const reached = step === 0 ? (begins(label) ? 0 : Number.NEGATIVE_INFINITY) : valueAt(best, source);
      next[label] = reached + at(row, label);
    }
    cameFrom.push(from);
    best = next;
  }
  let label = findBest(last, best);
  if (valueAt(best, label) === Number.NEGATIVE_INFINITY) return undefined;
  const path: number[] = [];
  for (const from of cameFrom.toReversed()) {
    path.push(label);
    label = from[label] ?? 0;
  }
  return path.reverse();
}

/** Finds the first of the largest; -1 where none can be reached. */
function findBest(candidates: readonly number[], values: Float64Array): number {
  let best = -1;
  for (const candidate of candidates)
    if (valueAt(values, candidate) > valueAt(values, best)) best = candidate;
  return best;
}

function valueAt(values: Float64Array, index: number): number {
  return values[index] ?? Number.NEGATIVE_INFINITY;
}
