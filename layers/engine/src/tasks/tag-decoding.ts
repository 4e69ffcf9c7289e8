/** Chooses the label of each token or word of a sequence: each its best, or together the best that is well formed. */
import { argmax, at } from '../math/activations.ts';
import { createTagReader } from './tags.ts';

/** The way to choose labels, as `taskDefaults.decoding` of a manifest and the parameter `decoding` name it. */
export type TagDecoding = 'argmax' | 'constrained';

/**
 * Chooses the index of a label for each row of `[rows][labels]`: log-probabilities, or logits, which differ from them by a constant a row.
 *
 * `constrained` is the most probable sequence in which every span is well formed: nothing goes on with a span that has not
 * begun, and in schemes that mark the end of a span, none is left open. Viterbi's algorithm with the transitions that
 * `allowed_transitions` of AllenNLP's conditional_random_field.py allows, all equally probable. `I-x` never begins a span,
 * so that labels in IOB1 need `argmax`.
 */
export function decodeTags(
  rows: readonly ArrayLike<number>[],
  labels: readonly string[],
  decoding: TagDecoding,
): number[] {
  if (decoding === 'argmax') return rows.map(argmax);
  return bestSequence(rows, labels) ?? rows.map(argmax);
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
function bestSequence(rows: readonly ArrayLike<number>[], labels: readonly string[]): number[] | undefined {
  const { begins, ends, before } = findTransitions(labels);
  const last = labels.map((_, label) => label).filter(ends);
  const cameFrom: Int32Array[] = [];
  let best = new Float64Array(labels.length);
  for (const [step, row] of rows.entries()) {
    const free = findBest(last, best);
    const from = new Int32Array(labels.length);
    const next = new Float64Array(labels.length);
    for (let label = 0; label < labels.length; label++) {
      const previous = before[label];
      from[label] = previous ? findBest(previous, best) : free;
      const reached =
        step === 0 ? (begins(label) ? 0 : Number.NEGATIVE_INFINITY) : valueAt(best, from[label]);
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

/** Finds the first of the largest; -1 where there is none. */
function findBest(candidates: readonly number[], values: Float64Array): number {
  let best = candidates[0] ?? -1;
  for (const candidate of candidates)
    if (valueAt(values, candidate) > valueAt(values, best)) best = candidate;
  return best;
}

function valueAt(values: Float64Array, index: number | undefined): number {
  return values[index ?? -1] ?? Number.NEGATIVE_INFINITY;
}
